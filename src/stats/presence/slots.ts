import { MOST_FACTS } from '../answers/shape-counts.ts';

/** Tests of a route: each of its facts may be there too often, or too seldom. */
export const MOST_SLOTS = 2 * MOST_FACTS;

/** The false discovery rate of the differences that people are told. */
const DIFFERENCE_ERROR_RATE = 0.05;

/**
 * ln of the common evidence of all slots, at most (1/H) sum E_h: an e-process, since each of them is and takes its slot before it
 * bets.
 *
 * @param logs of the slots that count, and are above 0
 * @param least what any other slot has at least: the mass of the onset mixture that is not injected yet
 */
export function logOfPresences(logs: readonly number[], least: number): number {
  const largest = logs.reduce((most, log) => Math.max(most, log), 0);
  const sum = logs.reduce((all, log) => all + Math.exp(log - largest), 0);
  return largest + Math.log((sum + (MOST_SLOTS - logs.length) * least * Math.exp(-largest)) / MOST_SLOTS);
}

/** The slots that differ at a false discovery rate of 5 % over all slots, most evidence first: e-BH, as `worsePlaces`. */
export function differingSlots<Slot extends { readonly logE: number }>(slots: readonly Slot[]): readonly Slot[] {
  const ranked = slots.toSorted((left, right) => right.logE - left.logE);
  const last = ranked.findLastIndex(
    ({ logE }, index) => logE >= Math.log(MOST_SLOTS / (DIFFERENCE_ERROR_RATE * (index + 1))),
  );
  return ranked.slice(0, last + 1);
}

/** What one slot needs to be among them by itself. */
export const LN_ALONE = Math.log(MOST_SLOTS / DIFFERENCE_ERROR_RATE);
