import type { TrailView, VerdictView } from '../../views.ts';
import type { PausedTime, StripMark } from './strip-marks.ts';
import { cutsBefore, lookPoints, pieceMs, piecesOf, type TrailPoint } from './trail-points.ts';

/** The lines that evidence is measured by, as logarithms; null where there is none. */
export interface EvidenceLines {
  readonly rollback: number | null;
  readonly hold: number | null;
  readonly parity: number | null;
}

/** What the strips are drawn from. Times are epoch ms by the database's clock. */
export interface StripsStory {
  readonly trail: TrailView;
  readonly from: number;
  /** The right edge: the end, the last look, or now where that is not heard of. */
  readonly to: number;
  /** The end of the rollout: how, and the share of the canary since. Null while it runs. */
  readonly end: {
    readonly at: number;
    readonly label: string;
    readonly tone: 'harm' | 'ok' | 'soft';
    readonly bps: number;
  } | null;
  /** Since when nothing is known, and why; the strips end there. */
  readonly silence: { readonly from: number; readonly says: string } | null;
  readonly marks: readonly StripMark[];
  readonly paused: readonly PausedTime[];
  readonly lines: EvidenceLines;
  /** The share of the canary by now, which a ramp may not have brought to the ordered one; null where that is not known, or it ended. */
  readonly inForceBps: number | null;
  /** Whether Serin moves the split, or only advises on it. */
  readonly split: 'moved' | 'advised';
}

export interface StripsPoints {
  readonly looks: readonly TrailPoint[];
  /** Looks in pieces of `everyMs`, or each as one: what counts are drawn by, and what can be pointed at. */
  readonly pieces: readonly TrailPoint[];
  readonly everyMs: number | null;
  /** When a step began: the canary and its parity begin anew. */
  readonly cuts: readonly number[];
}

export function stripsPoints({ trail, marks }: StripsStory): StripsPoints {
  const looks = lookPoints(trail);
  const cuts = marks.filter(({ kind }) => kind === 'step').map(({ at }) => at);
  const everyMs = pieceMs(looks);
  return { looks, pieces: piecesOf(looks, everyMs, cuts), everyMs, cuts };
}

type Limits = Pick<VerdictView, 'logThreshold' | 'logHold'> & {
  readonly findings: readonly Pick<VerdictView['findings'][number], 'logParityThreshold'>[];
};

export function evidenceLines(verdict: Limits | null): EvidenceLines {
  const parity = new Set((verdict?.findings ?? []).flatMap(({ logParityThreshold }) => logParityThreshold ?? []));
  return {
    rollback: verdict?.logThreshold ?? null,
    hold: verdict?.logHold ?? null,
    // Where the checks have lines of their own, that of the weakest is not told.
    parity: parity.size === 1 ? ([...parity][0] ?? null) : null,
  };
}

/** The parts of a line: neighbours without a gap between them. A cut of `cuts` ends a part. */
export function unbrokenRuns(
  points: readonly TrailPoint[],
  read: (point: TrailPoint) => number | null,
  cuts: readonly number[],
): readonly (readonly { readonly point: TrailPoint; readonly value: number }[])[] {
  const runs: { point: TrailPoint; value: number }[][] = [];
  let before: TrailPoint | null = null;
  for (const point of points) {
    const value = read(point);
    const goesOn =
      before !== null &&
      read(before) !== null &&
      point.from - before.at <= point.at - point.from &&
      cutsBefore(cuts, before.at) === cutsBefore(cuts, point.at);
    if (value !== null) {
      if (goesOn) runs.at(-1)?.push({ point, value });
      else runs.push([{ point, value }]);
    }
    before = point;
  }
  return runs;
}
