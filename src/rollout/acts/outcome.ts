import type { ListedRule, Track } from '../../split/order.ts';
import type { OverrideEvent } from '../event.ts';
import type { Evidence } from '../evidence.ts';
import type { Message, MessageKind } from '../message.ts';
import type { RolloutRecord } from '../record.ts';
import type { Rollout } from '../state.ts';
import type { Change } from './deed.ts';

/** What a verb would do, told beforehand. */
export interface Preview {
  /** Of the rollout that it is told of: what `If-Match` of the verb itself takes. */
  readonly version: number;
  /** The sentence by which it would be refused; null if it would be taken. The rest is empty where it is refused. */
  readonly refused: string | null;
  /** Finished sentences: what happens to whom, and the way back. */
  readonly says: readonly string[];
  readonly after: After | null;
  /** Requests a second that get the other version then; null where that is not known. */
  readonly requestsPerSecond: number | null;
  readonly consumers: readonly { readonly name: string; readonly to: Track }[];
  readonly drainMs: number | null;
  readonly messages: readonly ToldMessage[];
}

/** Where the rollout stands then; for `retry`, the new attempt. */
export interface After {
  readonly version: number;
  readonly attempt: number;
  readonly stage: string;
  readonly nextStage: string | null;
  readonly canaryBps: number;
  readonly canaryWeight: string;
  readonly active: boolean;
  readonly paused: boolean;
}

export interface ToldMessage {
  readonly kind: MessageKind;
  readonly channel: string;
  readonly summary: string;
}

/** What a verb leads to, by the same transition and announcement as the verb itself. */
export interface ChangeOutcome {
  readonly deed: Change | { readonly verb: 'restore'; readonly to: number };
  readonly event: OverrideEvent;
  readonly before: RolloutRecord;
  readonly after: Rollout;
  /** As it is kept then. */
  readonly evidence: Evidence;
  readonly deliveries: readonly { readonly channel: string; readonly message: Message }[];
  readonly listed: readonly ListedRule[];
  /** Database time, epoch ms. */
  readonly at: number;
}
