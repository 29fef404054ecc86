import { rateMargins } from '../parity/rate.ts';
import type { Policy } from '../policy/schema.ts';
import type { SliceBlock } from '../stats/slice.ts';
import type { Look } from './judge.ts';
import { whereWorse } from './where.ts';

/**
 * The look with the last clause of its sentence: where the canary is worse, for a verdict that blames it. What the slices
 * say is part of the verdict alone. They are the source's memory, and the judge's own state is written at every look.
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

/** Only then is there a place where the canary is worse. */
export function blamesCanary({ name }: Look['verdict']): boolean {
  return name === 'suspect' || name === 'harmful';
}
