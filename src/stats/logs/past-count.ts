import { decayOver } from '../evidence/decay.ts';

/**
 * How often something came in the stable's past beside requests, or lines: decayed sums over intervals, in counts a second. What
 * requests cause comes and goes with them, and what machines do of themselves does not (docs/statistics.md section 3.26).
 */
export interface PastCount {
  readonly intervals: number;
  readonly ms: number;
  /** Sums of requests, or lines, and of the counts; of their squares, and of their products. */
  readonly of: number;
  readonly count: number;
  readonly ofSquares: number;
  readonly countSquares: number;
  readonly products: number;
}

export const NOTHING_COUNTED: PastCount = {
  intervals: 0,
  ms: 0,
  of: 0,
  count: 0,
  ofSquares: 0,
  countSquares: 0,
  products: 0,
};

const HALF_LIFE_MS = 3_600_000;
/** Intervals before which nothing is known of how counts hang together. */
const ENOUGH_INTERVALS = 6;
/** Standard deviations by which the part that requests cause is taken for less. */
const DEVIATIONS = 2;
/** Clumps that the canary is expected to have before its lack of something means anything. */
const CLUMPS = 5;
const SECOND_MS = 1_000;

/** The past with one interval more. */
export function learnCount(past: PastCount, count: number, of: number, durationMs: number): PastCount {
  if (durationMs <= 0) return past;
  const kept = decayOver(durationMs, HALF_LIFE_MS);
  const seconds = durationMs / SECOND_MS;
  const [x, n] = [count / seconds, of / seconds];
  return {
    intervals: past.intervals * kept + 1,
    ms: past.ms * kept + durationMs,
    of: past.of * kept + n,
    count: past.count * kept + x,
    ofSquares: past.ofSquares * kept + n * n,
    countSquares: past.countSquares * kept + x * x,
    products: past.products * kept + n * x,
  };
}

/** Count of each request, or of each line. */
export function usualShare({ count, of }: PastCount): number {
  return of === 0 ? 0 : count / of;
}

/**
 * How much of it each request, or line, causes at least: the slope of the counts over the requests, two standard deviations less, and
 * never more than the share; and the index of dispersion of what the line leaves.
 */
function causedShare(past: PastCount): { readonly share: number; readonly clump: number } {
  const { intervals, ms, of, count, ofSquares, countSquares, products } = past;
  if (intervals < ENOUGH_INTERVALS || count === 0) return { share: 0, clump: 1 };
  const sxx = Math.max(0, ofSquares - (of * of) / intervals);
  const syy = Math.max(0, countSquares - (count * count) / intervals);
  const sxy = products - (of * count) / intervals;
  // Of requests that never vary nothing can be told.
  if (sxx <= 1e-9 * ofSquares) return { share: 0, clump: 1 };
  const slope = sxy / sxx;
  const variance = Math.max(0, syy - slope * sxy) / (intervals - 2);
  const share = Math.min(usualShare(past), slope - DEVIATIONS * Math.sqrt(variance / sxx));
  // The variance is of counts a second: of counts it is that times the square of the seconds.
  const seconds = ms / SECOND_MS / intervals;
  return { share, clump: Math.max(1, (variance * seconds * intervals) / count) };
}

/** The least that each of so many requests, or lines, causes; null where that is less than a few clumps, and means nothing. */
export function leastShare(past: PastCount, of: number): number | null {
  const { share, clump } = causedShare(past);
  return (share * of) / clump >= CLUMPS ? share : null;
}
