import { Problem } from '../problem/problem.ts';
import type { Actor, RolloutEvent } from './event.ts';
import type { Evidence } from './evidence.ts';
import type { Rollout } from './state.ts';

/** What the audit keeps of a rollout before and after an event: the configuration, not the evidence. */
export interface Configuration {
  readonly stage: string;
  readonly canaryBps: number;
  readonly stable: string;
  readonly canary: string;
  readonly paused: boolean;
  readonly policyDigest: string;
  readonly skippedChecks: readonly string[];
  readonly extraDwellMs: number;
}

/** One line of the audit before it is chained and numbered by the store. Times are database epoch ms. */
export interface AuditDraft {
  readonly at: number;
  readonly actor: Actor;
  readonly route: string;
  readonly rolloutId: string | null;
  /** A rollout event, or a change outside rollouts (`consumerListed`, `tokenCreated`, ...) as plain data. */
  readonly event: RolloutEvent | { readonly kind: string; readonly [fact: string]: unknown };
  readonly reason: string;
  readonly before: unknown;
  readonly after: unknown;
}

export interface AuditEntry extends AuditDraft {
  readonly seq: number;
  /** SHA-256 over the previous entry's hash and this entry's canonical form, hex. */
  readonly hash: string;
}

/** A rollout and its evidence. */
export interface RolloutRecord {
  readonly rollout: Rollout;
  readonly evidence: Evidence;
}

export function noSuchRollout(id: string): Problem {
  return new Problem('not-found', `there is no rollout ${id}`);
}
