import type { Tempering } from '../parity/context.ts';
import type { Policy } from '../policy/schema.ts';
import { batchPhi } from '../stats/evidence/batches.ts';
import { groupPhi } from '../stats/rates/dispersion.ts';
import type { JudgeState } from './state.ts';

export function temperingOf(policy: Policy, state: Pick<JudgeState, 'groups' | 'checks'>): Tempering {
  const { initial, ungrouped } = policy.spec.judge.dispersion;
  return {
    rate: state.groups.seenMs === 0 ? ungrouped : groupPhi(state.groups, initial),
    latency: batchPhi(state.checks.latency.batches),
  };
}
