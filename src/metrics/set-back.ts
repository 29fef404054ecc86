import { formatSpan } from '../parity/figures.ts';

/** Less is a clock that is being slewed, or the time between two readings of it. */
const TOLERATED_MS = 1_000;

/**
 * Why nothing can be read now: evidence up to `until` is counted already, or the split is in force only since then, and the clock
 * says that this lies ahead. Null where it does not. Without the reason the evidence would stand still in silence.
 */
export function whySetBack(until: number, now: number): string | null {
  if (until - now <= TOLERATED_MS) return null;
  return `the clock was set back: measurements up to ${formatSpan(until - now)} from now are counted already`;
}
