import type { Policy } from '../../policy/schema.ts';
import type { Block, Tally } from '../../stats/block.ts';
import { stageName } from '../state.ts';

/** What each version answered in a block; null for one that reported nothing. */
export interface Served {
  readonly canary: Tally | null;
  readonly stable: Tally | null;
}

/**
 * The answers of a block that belong to a stage: those that the weight gave each version. Where the weight gives the canary
 * nothing, its answers are the forced ones (internal phase) or those to listed consumers (a step for consumers). Addresses
 * in a warm-up of their own are left out, as the checks leave them out.
 *
 * @param stage as `stageName` has it
 */
export function servedIn({ canaryBps, canary, stable, forced, ruled }: Block, policy: Policy, stage: string): Served {
  if (canaryBps > 0) return { canary, stable };
  if (stage === 'internal') return { canary: forced.canary, stable };
  return { canary: isForConsumers(policy, stage) ? ruled.canary : canary, stable };
}

function isForConsumers({ spec: { steps } }: Policy, stage: string): boolean {
  return steps.some((step, index) => 'consumers' in step && stageName({ kind: 'step', index }) === stage);
}
