import { formatSpan } from '../parity/figures.ts';
import { CLOCK_SLACK_MS } from '../stats/block.ts';

/**
 * Why nothing can be read now: evidence up to `until` is counted already, or the split is in force only since then, and that
 * time is in the future by the clock. Null if it is not. Without this reason the evidence would silently stop growing.
 */
export function whySetBack(until: number, now: number): string | null {
  if (until - now <= CLOCK_SLACK_MS) return null;
  return `the clock was set back: measurements up to ${formatSpan(until - now)} from now are counted already`;
}
