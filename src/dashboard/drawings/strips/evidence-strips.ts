import { grouped, times } from '../../words/figures.ts';
import type { EndLabel } from './end-labels.ts';
import { curves, heightIn, placed, type Strip, type StripParts, type StripTone, without } from './strip.ts';
import { evidenceScale } from './strip-scales.ts';
import type { TrailPoint } from './trail-points.ts';

export function harmStrip(parts: StripParts): Strip {
  const { rollback, hold } = parts.story.lines;
  const seen = parts.points.looks.map(({ logHarm }) => logHarm);
  const isHarm = rollback !== null && (seen.findLast((log) => log !== null) ?? 0) >= rollback;
  return evidenceStrip(parts, {
    name: 'evidence of harm',
    says: 'all checks, ×, log scale',
    height: parts.frame.isNarrow ? 80 : 96,
    tone: isHarm ? 'harm' : 'ink',
    read: ({ logHarm }) => logHarm,
    cuts: [],
    lines: [
      ...(rollback === null ? [] : [{ log: rollback, says: 'rolls back', tone: 'harm' as const }]),
      ...(hold === null ? [] : [{ log: hold, says: 'holds', tone: 'person' as const, dash: '5 3' }]),
      { log: 0, says: 'no evidence', tone: 'strong' as const, dash: '1 3' },
    ],
    absence: 'nothing has been compared',
  });
}

export function parityStrip(parts: StripParts): Strip {
  const { parity } = parts.story.lines;
  return evidenceStrip(parts, {
    name: 'evidence of parity',
    says: 'weakest, in this step',
    height: parts.frame.isNarrow ? 54 : 60,
    tone: 'ok',
    read: ({ logParity }) => logParity,
    cuts: parts.points.cuts,
    lines: parity === null ? [] : [{ log: parity, says: 'shown', tone: 'ok' as const, dash: '5 3' }],
    absence: 'no check had to show parity',
  });
}

interface EvidenceStrip {
  readonly name: string;
  readonly says: string;
  readonly height: number;
  readonly tone: StripTone;
  readonly read: (point: TrailPoint) => number | null;
  readonly cuts: readonly number[];
  readonly lines: readonly {
    readonly log: number;
    readonly says: string;
    readonly tone: StripTone;
    readonly dash?: string;
  }[];
  readonly absence: string;
}

function evidenceStrip({ points, frame, top }: StripParts, of: EvidenceStrip): Strip {
  const { name, says, height, tone, read } = of;
  const seen = points.looks.map(read);
  const last = points.looks.findLast((look) => read(look) !== null);
  if (last === undefined) return without({ name, says, top }, of.absence);
  const { scale } = evidenceScale(
    seen,
    of.lines.map(({ log }) => log),
  );
  const y = heightIn(top, height, scale);
  const lastLog = read(last) ?? 0;
  const limits = of.lines.map(({ log, says: what, tone: own, dash }) => ({
    line: {
      d: `M${frame.left} ${y(log)}H${frame.right}`,
      tone: own,
      width: 1.1,
      ...(dash === undefined ? {} : { dash }),
    },
    label: {
      y: y(log),
      text: frame.isNarrow ? limitText(log) : `${limitText(log)} ${what}`,
      tone: own === 'strong' ? 'soft' : own,
    },
  }));
  const end: EndLabel = { y: y(lastLog), text: times(lastLog), tone, weight: 'bold' };
  return {
    name,
    says,
    top,
    height,
    fill: null,
    lines: [...limits.map(({ line }) => line), ...curves(frame, points.looks, read, of.cuts, y, { tone, width: 1.8 })],
    dot: { x: frame.x(last.at), y: y(lastLog), tone },
    scale: null,
    ends: placed([end, ...limits.map(({ label }) => label)], top, height),
    absence: null,
  };
}

/** A line is declared, not measured: `×1,000`, `×20`, `×1`. */
function limitText(log: number): string {
  const evidence = Math.exp(log);
  const whole = Math.round(evidence);
  return whole > 0 && Math.abs(evidence - whole) < 1e-6 * whole ? `×${grouped(whole)}` : times(log);
}
