import type { Policy } from '../../policy/schema.ts';
import type { Block, Tally } from '../../stats/block.ts';
import { type Rollout, stageName } from '../state.ts';
import { servedIn } from './served.ts';

/** A stage that the rollout is in, or was in. */
export interface PastStage {
  /** As `stageName` has it. */
  readonly stage: string;
  /** Database time, epoch ms, as the audit has it; `leftAt` is null while the rollout is there. */
  readonly enteredAt: number;
  readonly leftAt: number | null;
  /** Epoch of the split with which it began: blocks of this one and later ones are the stage's, up to the next stage. */
  readonly splitEpoch: number;
  /** Answers by version, up to the last look; null until something is known of them. */
  readonly canaryRequests: number | null;
  readonly stableRequests: number | null;
}

/**
 * The stages of a rollout in their order, those that were skipped left out: at most one for each stage of the policy.
 *
 * A stage is entered once, because no event leads back to an earlier one. What comes and goes is the weight: an increase that
 * was taken back and given again, a step back for another warm-up, a weight set by hand. All of that is one stay with
 * one account: it begins at the entry, ends where the next stage begins, and counts what was answered at every weight in
 * between.
 */
export type Past = readonly PastStage[];

/** The stage before is left, and the rollout's present stage begins. What an older version did not record stays out. */
export function enterPast(past: Past, { stage, splitEpoch }: Pick<Rollout, 'stage' | 'splitEpoch'>, at: number): Past {
  const begun = { stage: stageName(stage), enteredAt: at, leftAt: null, splitEpoch };
  return [...leavePast(past, at), { ...begun, canaryRequests: null, stableRequests: null }];
}

/** The present stage is left; the same list where none is open. */
export function leavePast(past: Past, at: number): Past {
  const last = past.at(-1);
  return last === undefined || last.leftAt !== null ? past : [...past.slice(0, -1), { ...last, leftAt: at }];
}

/** Empty where a version that keeps no past has led the rollout on meanwhile: what it has of the last stage is not all of it. */
export function trustedPast(past: Past, { stage, stageEnteredAt }: Pick<Rollout, 'stage' | 'stageEnteredAt'>): Past {
  const last = past.at(-1);
  return last?.stage === stageName(stage) && last.enteredAt === stageEnteredAt ? past : [];
}

/** The stage under whose split a block was measured: a block may arrive after the next stage has begun. */
export function pastStageAt(past: Past, splitEpoch: number): PastStage | undefined {
  return past.findLast((stage) => stage.splitEpoch <= splitEpoch);
}

/** With the answers of these blocks. Blocks from before the first stage of the list are not known of. */
export function countPast(past: Past, policy: Policy, blocks: readonly Block[]): Past {
  return blocks.reduce((known, block) => countBlock(known, policy, block), past);
}

function countBlock(past: Past, policy: Policy, block: Block): Past {
  const of = pastStageAt(past, block.splitEpoch);
  if (of === undefined) return past;
  const { canary, stable } = servedIn(block, policy, of.stage);
  const grown = {
    ...of,
    canaryRequests: withRequests(of.canaryRequests, canary),
    stableRequests: withRequests(of.stableRequests, stable),
  };
  return past.map((stage) => (stage === of ? grown : stage));
}

function withRequests(known: number | null, tally: Tally | null): number | null {
  return tally === null ? known : (known ?? 0) + tally.requests;
}
