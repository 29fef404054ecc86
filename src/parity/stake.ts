import type { Policy } from '../policy/schema.ts';
import type { ColdLog } from '../stats/evidence/onset.ts';
import type { CheckName } from './finding.ts';

export type PolicyWeight = keyof Policy['spec']['judge']['weights'];

/**
 * A claim to the false-rollback budget: a part of one of the policy's weights, or a declared share of the whole.
 * Weights that no check claims go to the others in proportion, after the declared shares.
 */
export type Claim =
  | { readonly check: CheckName; readonly of: PolicyWeight; readonly part: readonly [times: number, over: number] }
  | { readonly check: CheckName; readonly share: number }
  /**
   * A part of what all checks on requests have together. A rollout is compared by request or by key: the shares belong to
   * whichever form its first block with both versions has, when every test is still at 1.
   */
  | {
      readonly check: CheckName;
      readonly insteadOf: 'requests';
      readonly part: readonly [times: number, over: number];
    };

const SLACK_OF_CAP = 5;

/** The share of the budget that a check has under one of its names: 0 when it never rolls back. */
export type ShareOf = (check: CheckName) => number;

/**
 * The most that one block may add to one alternative of a test with this share of the budget, in nats, so that evidence takes
 * `minBlocks` blocks: (ln(1/alpha) + ln(1/share) + 5) / minBlocks. Infinite for a test that stakes nothing.
 */
export function capOf({ spec }: Policy, share: number): number {
  const { alpha, minBlocks } = spec.judge;
  return (SLACK_OF_CAP - Math.log(alpha) - Math.log(share)) / minBlocks;
}

/** One check's part in the combined evidence: its share of the budget and its log e-value against "no harm". */
export interface Stake {
  readonly check: CheckName;
  readonly weight: number;
  readonly logHarm: number;
  /**
   * Works out the log e-value of the same test over the last warm-up alone, which only a look in a warm-up asks for; null
   * before the first, omitted for a test that the warm-up does not interrupt.
   */
  readonly cold?: () => ColdLog | null;
}

/** ln(weight * E) of one stake: at or above the threshold it carries the verdict alone. */
export function partOf({ weight, logHarm }: Pick<Stake, 'weight' | 'logHarm'>): number {
  return weight > 0 ? Math.log(weight) + logHarm : Number.NEGATIVE_INFINITY;
}

/**
 * The log e-value at which a check decides alone, since the combined evidence is the weighted sum of e-values: infinite
 * for a check that stakes nothing.
 */
export function aloneAt(weight: number, logThreshold: number): number {
  return weight > 0 ? logThreshold - Math.log(weight) : Number.POSITIVE_INFINITY;
}
