import { logMixture, type OnsetMixture, openMixture, stepMixture } from './onset.ts';

/**
 * A mixture over effects and over the interval of onset, for tests that get one observation per interval
 * (docs/statistics.md section 3.9): mass 0.6 at the first one that is bet on, 0.4/(k(k-1)) at the k-th, never more than
 * 1 in all.
 */
export interface IntervalMixture {
  /** Intervals that were bet on. */
  readonly bets: number;
  readonly mixture: OnsetMixture;
}

const AFTER_FIRST = 0.4;

export function openIntervals(alternatives: number): IntervalMixture {
  return { bets: 0, mixture: openMixture(alternatives) };
}

/** One interval that is bet on. @param logE log e-value of the interval for each alternative */
export function stepIntervals({ bets, mixture }: IntervalMixture, logE: readonly number[]): IntervalMixture {
  return { bets: bets + 1, mixture: stepMixture(mixture, 1 - AFTER_FIRST / (bets + 1), logE) };
}

export function logIntervals({ mixture }: IntervalMixture, weights: readonly number[]): number {
  return logMixture(mixture, weights);
}
