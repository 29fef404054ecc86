import { median } from 'simple-statistics';
import type { BlockCounts } from './e-value.ts';

/** Latencies of one time scale: the batch that is filling, and how far each past batch was from equal. */
export interface Batches {
  readonly filling: BlockCounts & { readonly ms: number };
  /** Standardised residuals of past batches, oldest first. */
  readonly scores: readonly number[];
  /** Dispersion of this scale, estimated from its scores. */
  readonly phi: number;
}

/** Batches of 1, 5 and 15 min: noise in one version that lasts shows at the scale of its duration. */
export type LatencyDispersion = readonly Batches[];

const SCALES_MS: readonly number[] = [60_000, 300_000, 900_000];
const MOST_SCORES = 24;
const FEWEST_SCORES = 8;
/** Median of chi-square with one degree of freedom. */
const CHI_SQUARE_MEDIAN = 0.455;
/** Estimates below this are treated as chance. */
const DEAD_BAND = 1.5;

const EMPTY: Batches['filling'] = { ms: 0, nc: 0, xc: 0, ns: 0, xs: 0 };

export const NO_BATCHES: LatencyDispersion = SCALES_MS.map(() => ({ filling: EMPTY, scores: [], phi: 1 }));

/**
 * One block's answers above the stable's past median. A batch never spans two splits: a partial batch is dropped.
 *
 * @param split whether the block has the split of the one before
 */
export function stepBatches(
  scales: LatencyDispersion,
  counts: BlockCounts,
  durationMs: number,
  split: 'same-split' | 'split-changed',
): LatencyDispersion {
  return scales.map((scale, index) => {
    const before = split === 'same-split' ? scale.filling : EMPTY;
    const filling = {
      ms: before.ms + durationMs,
      nc: before.nc + counts.nc,
      xc: before.xc + counts.xc,
      ns: before.ns + counts.ns,
      xs: before.xs + counts.xs,
    };
    if (filling.ms < (SCALES_MS[index] ?? Number.POSITIVE_INFINITY)) return { ...scale, filling };
    const score = scoreOf(filling);
    if (score === null) return { ...scale, filling: EMPTY };
    const scores = [...scale.scores, score].slice(-MOST_SCORES);
    return { filling: EMPTY, scores, phi: phiOf(scores) };
  });
}

/** phi for latencies: the largest of the scales, 1 inside the dead-band. */
export function batchPhi(scales: LatencyDispersion): number {
  let largest = 1;
  for (const { phi } of scales) largest = Math.max(largest, phi);
  return largest < DEAD_BAND ? 1 : largest;
}

// (xc - nc p) / sqrt(nc p (1 - p) (1 + nc/ns)): about standard normal for equal versions.
function scoreOf({ nc, xc, ns, xs }: BlockCounts): number | null {
  if (nc === 0 || xs === 0 || xs === ns) return null;
  const p = xs / ns;
  return (xc - nc * p) / Math.sqrt(nc * p * (1 - p) * (1 + nc / ns));
}

// Differences of neighbours: a constant regression is in every score, and must not cancel itself out.
function phiOf(scores: readonly number[]): number {
  if (scores.length < FEWEST_SCORES) return 1;
  const halves = scores.slice(1).map((score, index) => (score - (scores[index] ?? 0)) ** 2 / 2);
  return (median(halves) / CHI_SQUARE_MEDIAN) * (scores.length / (scores.length - 1));
}
