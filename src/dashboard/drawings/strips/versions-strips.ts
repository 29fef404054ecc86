import { grouped, latency, percent } from '../../words/figures.ts';
import type { EndLabel } from './end-labels.ts';
import { curves, floorLine, heightIn, placed, type Strip, type StripParts, without } from './strip.ts';
import { fromZero, roundedUp } from './strip-scales.ts';
import { errorShare, type TrailPoint } from './trail-points.ts';

export function errorStrip(parts: StripParts): Strip {
  return versionsStrip(parts, {
    name: 'errors',
    read: errorShare,
    say: percent,
    whenNone: 0.01,
    absence: 'no request was counted',
  });
}

export function p99Strip(parts: StripParts): Strip {
  return versionsStrip(parts, {
    name: 'p99',
    read: (track) => (track === null || track.n === 0 ? null : track.p99),
    say: latency,
    whenNone: 1,
    absence: 'no latency is known',
  });
}

interface VersionsStrip {
  readonly name: string;
  readonly read: (track: TrailPoint['canary']) => number | null;
  readonly say: (value: number) => string;
  /** The ceiling where every value is zero. */
  readonly whenNone: number;
  readonly absence: string;
}

function versionsStrip(
  { points, frame, top }: StripParts,
  { name, read, say, whenNone, absence }: VersionsStrip,
): Strip {
  const says = points.everyMs === null ? 'at each look' : `every ${pieceText(points.everyMs)}`;
  const tracks = [
    { tone: 'stable', width: 1.5, cuts: [], of: ({ stable }: TrailPoint) => read(stable) },
    { tone: 'canary', width: 1.7, cuts: points.cuts, of: ({ canary }: TrailPoint) => read(canary) },
  ] as const;
  const most = Math.max(
    ...tracks.flatMap(({ of }) => points.pieces.map((piece) => of(piece) ?? Number.NEGATIVE_INFINITY)),
  );
  if (most === Number.NEGATIVE_INFINITY) return without({ name, says, top }, absence);
  const height = frame.isNarrow ? 46 : 54;
  const ceiling = roundedUp(most, whenNone);
  const y = heightIn(top, height, fromZero(ceiling));
  const ends = tracks.flatMap(({ tone, of }): EndLabel[] => {
    const known = points.pieces.findLast((piece) => of(piece) !== null);
    const last = points.pieces.at(-1);
    if (known === undefined || last === undefined) return [];
    // A figure of some time ago is not the present one.
    const now = of(last);
    const text = now === null ? '–' : say(now);
    return [{ y: y(of(known) ?? 0), text: frame.isNarrow ? text : `${tone} ${text}`, tone }];
  });
  return {
    name,
    says,
    top,
    height,
    fill: null,
    lines: [
      { d: `M${frame.left} ${top}H${frame.right}`, tone: 'rule', width: 1, dash: '1 3' },
      floorLine(frame, top + height),
      ...tracks.flatMap(({ tone, width, cuts, of }) => curves(frame, points.pieces, of, cuts, y, { tone, width })),
    ],
    dot: null,
    scale: { floor: '0', ceiling: say(ceiling) },
    ends: placed(ends, top, height),
    absence: null,
  };
}

/** `10 s`, `1 min`, `2 h`, `7 d` */
export function pieceText(ms: number): string {
  const [amount, unit] =
    ms >= 86_400_000
      ? [ms / 86_400_000, 'd']
      : ms >= 3_600_000
        ? [ms / 3_600_000, 'h']
        : ms >= 60_000
          ? [ms / 60_000, 'min']
          : [ms / 1_000, 's'];
  return `${grouped(amount)}\u00a0${unit}`;
}
