import { rateMargins } from '../parity/rate.ts';
import type { Policy } from '../policy/schema.ts';
import type { Boundary } from '../stats/evidence/e-value.ts';
import type { SliceBlock } from '../stats/slice.ts';
import { onlyCanaryAddress } from '../stats/slices/addresses.ts';
import { SLICE_BOUNDARIES } from '../stats/slices/slice-bet.ts';
import type { Look } from './judge.ts';
import type { SliceMeasure } from './slice-series.ts';
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
  const where = whereWorse(verdict, {
    blocks: slices,
    marginOf: (measure) => marginOf(policy, measure),
    address: onlyCanaryAddress(state.checks.slices.addresses),
    since,
  });
  if (where === null) return seen;
  const reason = where.worse === 0 && where.address === undefined ? verdict.reason : `${verdict.reason}; ${where.says}`;
  return { ...seen, verdict: { ...verdict, reason, where } };
}

/** Only these verdicts say where the canary is worse: it is rolled back or held for what it does. */
export function blamesCanary({ name, hold }: Pick<Look['verdict'], 'name' | 'hold'>): boolean {
  return name === 'suspect' || name === 'harmful' || (hold?.cause.startsWith('worse:') ?? false);
}

function marginOf({ spec: { checks } }: Policy, measure: SliceMeasure): Boundary {
  if (measure === 'slow') return SLICE_BOUNDARIES.slow;
  const { rollback } = rateMargins(checks, measure === 'clientErrors' ? measure : 'errors');
  return rollback ?? SLICE_BOUNDARIES.errors;
}
