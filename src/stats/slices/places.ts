import { MOST_SLICES } from '../slice.ts';

/** The false discovery rate of the places that hold a rollout. */
const PLACE_ERROR_RATE = 0.05;

/**
 * The share of the k-th of all possible places in their common evidence, k from 1, in order of first appearance:
 * half of it is the same for all, half favours the first ones, which have the most traffic. The shares sum to less than 1.
 *
 * @example placeShare(1) // 0.2525
 */
export function placeShare(k: number): number {
  return 0.5 / MOST_SLICES + 0.5 / (k * (k + 1));
}

/**
 * ln of the common evidence of all places, sum u_k E_k + what no place has taken: an e-process, since each of them is
 * and a place is taken before it bets.
 *
 * @param logE by place, in order of first appearance; null for a place whose evidence does not count
 */
export function logOfPlaces(logE: readonly (number | null)[]): number {
  const largest = logE.reduce<number>((most, log) => Math.max(most, log ?? 0), 0);
  let sum = 0;
  let taken = 0;
  for (const [index, log] of logE.entries()) {
    if (log === null) continue;
    const share = placeShare(index + 1);
    taken += share;
    sum += share * Math.exp(log - largest);
  }
  return largest + Math.log(sum + (1 - taken) * Math.exp(-largest));
}

/**
 * The places that are worse at a false discovery rate of 5 % over all possible places, most evidence first: e-BH (Wang,
 * Ramdas, *False discovery rate control with e-values*, JRSS-B 2022), which does not need places to be independent.
 */
export function worsePlaces<Place extends { readonly logE: number }>(places: readonly Place[]): readonly Place[] {
  const ranked = places.toSorted((left, right) => right.logE - left.logE);
  const last = ranked.findLastIndex(
    ({ logE }, index) => logE >= Math.log(MOST_SLICES / (PLACE_ERROR_RATE * (index + 1))),
  );
  return ranked.slice(0, last + 1);
}
