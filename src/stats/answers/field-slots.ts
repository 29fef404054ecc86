import { logSum } from '../evidence/log-sum.ts';
import { MOST_FIELDS } from './answer-pairs.ts';

/** Tests of a route: a field may differ, or be there where the stable has none. */
export const FIELD_SLOTS = 2 * MOST_FIELDS;
/** The false discovery rate of the list that people see. */
const LIST_ERROR_RATE = 0.05;

/**
 * The share of the k-th of all possible tests in their common evidence, k from 1, in the order in which they began: half of it is the
 * same for all, half favours the first ones. Together they are less than 1.
 *
 * @example fieldShare(1) // 0.250125
 */
export function fieldShare(k: number): number {
  return 0.5 / FIELD_SLOTS + 0.5 / (k * (k + 1));
}

/** ln of the common evidence of all fields: what no test has taken stays at 1. @param logs in the order in which they began */
export function logOfFields(logs: readonly number[]): number {
  const shares = logs.map((_, index) => fieldShare(index + 1));
  const free = shares.reduce((left, share) => left - share, 1);
  return logSum([...logs, 0], [...shares, Math.max(0, free)]);
}

/**
 * The places in the list of those that differ at a false discovery rate of 5 % over all slots, most evidence first: e-BH with the
 * shares as weights (Wang, Ramdas, JRSS-B 2022), which does not need fields to be independent.
 */
export function differingFields(logs: readonly number[]): readonly number[] {
  const weighed = logs.map((log, index) => ({ index, log: log + Math.log(FIELD_SLOTS * fieldShare(index + 1)) }));
  const ranked = weighed.toSorted((left, right) => right.log - left.log);
  const last = ranked.findLastIndex(({ log }, rank) => log >= Math.log(FIELD_SLOTS / (LIST_ERROR_RATE * (rank + 1))));
  return ranked.slice(0, last + 1).map(({ index }) => index);
}
