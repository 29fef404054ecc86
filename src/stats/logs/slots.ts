import { logSum } from '../evidence/log-sum.ts';

/** Of each kind of difference so many names can be tested, and all are paid for, whichever come. */
export const SLOTS = 100;

/** False discoveries among the differences that are told. */
const FALSE_SHARE = 0.05;

/** A test in its slot, in the order in which the slots were taken. */
export interface Slot {
  readonly log: number;
}

/**
 * The share of the k-th of all slots, k from 1: half of it is the same for all, half favours those that were taken first. Together they
 * are less than 1.
 */
function slotShare(k: number): number {
  return 0.5 / SLOTS + 0.5 / (k * (k + 1));
}

/** ln of the common evidence of a kind: what no test has taken stays at 1. */
export function logOfSlots(slots: readonly Slot[]): number {
  const shares = slots.map((_, at) => slotShare(at + 1));
  const free = shares.reduce((left, share) => left - share, 1);
  return logSum([...slots.map(({ log }) => log), 0], [...shares, Math.max(0, free)]);
}

/** The tests that are told, the strongest first: e-BH over all slots, weighed by their shares (docs/statistics.md section 3.12). */
export function discovered<Test extends Slot>(slots: readonly Test[]): readonly Test[] {
  const weighed = slots.map((test, at) => ({ test, log: test.log + Math.log(SLOTS * slotShare(at + 1)) }));
  const sorted = weighed.toSorted((left, right) => right.log - left.log);
  const last = sorted.findLastIndex(({ log }, at) => log >= Math.log(SLOTS / (FALSE_SHARE * (at + 1))));
  return sorted.slice(0, last + 1).map(({ test }) => test);
}
