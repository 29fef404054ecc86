import { type IntervalMixture, logIntervals, openIntervals, stepIntervals } from '../evidence/interval-mixture.ts';

/**
 * A test of "it happens in at most 5 % of the intervals, whatever happened before" (docs/statistics.md section 3.10 b).
 */
export type RareEvent = IntervalMixture;

/** The share of intervals allowed by the null. */
export const RARE = 0.05;

const RATES: readonly number[] = [0.3, 0.6, 0.95];
const WEIGHTS: readonly number[] = [0.3, 0.3, 0.4];

/** The largest log e-value that one interval adds. */
export const LARGEST_RARE_BET = Math.log(Math.max(...RATES) / RARE);

export function openRareEvent(): RareEvent {
  return openIntervals(RATES.length);
}

/** @param cap the largest log e-value that an interval may add to an alternative */
export function stepRareEvent(state: RareEvent, happened: 'happened' | 'not', cap: number): RareEvent {
  return stepIntervals(
    state,
    rareLogE(happened).map((logE) => Math.min(cap, logE)),
  );
}

/** Log e-values of one interval for each alternative. */
export function rareLogE(happened: 'happened' | 'not'): readonly number[] {
  return RATES.map((rate) => (happened === 'happened' ? Math.log(rate / RARE) : Math.log((1 - rate) / (1 - RARE))));
}

export function logRareEvent(state: RareEvent): number {
  return logIntervals(state, WEIGHTS);
}
