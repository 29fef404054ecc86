import { formatSpan } from '../parity/figures.ts';

/** A smaller difference is a clock that is being slewed, or the time between two readings of it. */
const TOLERATED_MS = 1_000;

/**
 * Why nothing can be read now: evidence up to `until` is counted already, or the split is in force only since then, and that
 * time is in the future by the clock. Null if it is not. Without this reason the evidence would silently stop growing.
 */
export function whySetBack(until: number, now: number): string | null {
  if (until - now <= TOLERATED_MS) return null;
  return `the clock was set back: measurements up to ${formatSpan(until - now)} from now are counted already`;
}
