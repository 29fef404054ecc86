import { type BlockCounts, type Boundary, boundaryAt, clipRate, lnEBernoulliLinear, type Parts } from './e-value.ts';

/** How far each alternative lies from the margin (0) to "every request" (1). They weigh the same. */
export const TOWARDS_ALL: readonly number[] = [0.02, 0.1, 0.4, 0.95];
export const TOWARDS_ALL_WEIGHTS: readonly number[] = [0.25, 0.25, 0.25, 0.25];

/**
 * Log e-values of one block against "the canary's rate is at most rho times the stable's, plus a", in the exact Bernoulli
 * form: for events that may come to all requests (docs/statistics.md sections 3.16, 3.17 and 3.19).
 *
 * @param parts the known chances of a draw, valid only where each request was drawn with them independently of all others; or
 *   the counts themselves, valid for any allocation
 * @param s1 the stable's rate, from the past
 * @param phi what evidence is divided by before the cap
 * @returns one for each of `TOWARDS_ALL`; 0 where the margin leaves no room above it
 */
export function towardsAllLogE(
  counts: BlockCounts,
  parts: Parts,
  s1: number,
  boundary: Boundary,
  cap: number,
  phi = 1,
): readonly number[] {
  const limit = boundaryAt(boundary, s1);
  return TOWARDS_ALL.map((towards) => {
    const c1 = clipRate(limit + towards * (1 - limit));
    if (c1 <= limit) return 0;
    return Math.min(cap, lnEBernoulliLinear(counts, { s1: clipRate(s1), c1 }, boundary, parts) / phi);
  });
}
