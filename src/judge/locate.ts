import { rateMargins } from '../parity/rate.ts';
import type { Policy } from '../policy/schema.ts';
import type { SliceBlock } from '../stats/slice.ts';
import type { Look } from './judge.ts';
import { whereWorse } from './where.ts';

/**
 * Adds the last clause to the sentence of a verdict that blames the canary: where it is worse. Slice results are part of
 * the verdict only: the blocks stay in the source's memory, because the judge's own state is written at every look.
 *
 * @param slices the blocks of this rollout, oldest first; read only where the verdict blames the canary
 */
export function locate(policy: Policy, seen: Look, slices: readonly SliceBlock[]): Look {
  const { state, verdict } = seen;
  if (!blamesCanary(verdict)) return seen;
  const since = state.harm.since.span?.from ?? 0;
  const margin = rateMargins(policy.spec.checks, 'errors').rollback;
  const where = margin && whereWorse(verdict, { blocks: slices, margin, since });
  if (where === null) return seen;
  const reason = where.worse === 0 ? verdict.reason : `${verdict.reason}; ${where.says}`;
  return { ...seen, verdict: { ...verdict, reason, where } };
}

/** Only these verdicts say where the canary is worse. */
export function blamesCanary({ name }: Look['verdict']): boolean {
  return name === 'suspect' || name === 'harmful';
}
