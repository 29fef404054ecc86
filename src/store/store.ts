import type { Role } from '../rollout/event.ts';
import type { Evidence } from '../rollout/evidence.ts';
import type { Message } from '../rollout/message.ts';
import type { AuditDraft, AuditEntry, RolloutRecord } from '../rollout/record.ts';
import type { Rollout } from '../rollout/state.ts';
import type { ConsumerRule, Upstream } from '../split/order.ts';

/** All of it in one transaction, or none of it. */
export interface RolloutChange {
  readonly rollout: Rollout;
  readonly evidence: Evidence;
  /** The version the change was computed from; null inserts a new rollout. */
  readonly expectedVersion: number | null;
  /** The lease under which it was decided; null for a person's override (which only compares the version). */
  readonly leaseEpoch: number | null;
  readonly audit: readonly AuditDraft[];
  readonly deliveries: readonly { readonly channel: string; readonly message: Message }[];
  /** Set when the canary becomes the route's stable. */
  readonly newStable?: StableRecord;
  /** Ended in the same transaction, before the insert (start --replace). */
  readonly supersedes?: Omit<RolloutChange, 'supersedes'>;
}

/** The promoted stable of a route, and the declared URL that it replaced. */
export interface StableRecord {
  readonly route: string;
  readonly stable: Upstream;
  readonly replacedUrl: string;
}

export interface RolloutFilter {
  readonly route?: string;
  readonly active?: boolean;
  readonly limit: number;
  /** Only rollouts started before this one (newest first): the cursor of the page before. */
  readonly beforeId?: string;
}

/**
 * `commit` throws Problem('stale') when the version or the lease epoch has moved on, Problem('conflict') when the
 * route already has an active rollout. Every method throws Problem('unavailable') when the database cannot answer,
 * with the SQLSTATE and nothing else of it in the message, and Problem('invalid-input') for text that cannot be stored
 * (NUL). After 'unavailable' the outcome is unknown: the same change may be committed again, and is there once.
 */
export interface RolloutStore {
  commit(change: RolloutChange): Promise<void>;
  /** Throws Problem('internal') for a rollout whose record cannot be read. */
  find(id: string): Promise<RolloutRecord | null>;
  /** Leaves out records that cannot be read: one that is damaged keeps no other from being seen. */
  list(filter: RolloutFilter): Promise<readonly RolloutRecord[]>;
  /** The active rollouts that `list` leaves out. */
  unreadable(): Promise<readonly UnreadableRollout[]>;
}

export interface UnreadableRollout {
  readonly id: string;
  readonly route: string;
  /** One sentence, with the id. */
  readonly reason: string;
}

export interface AuditFilter {
  readonly rolloutId?: string;
  readonly route?: string;
  readonly limit: number;
  /** Only entries older than this (newest first). */
  readonly beforeSeq?: number;
}

export interface StageMove {
  readonly route: string;
  /** The event's kind. */
  readonly event: string;
  /** Null where the entry is not about a rollout. */
  readonly from: string | null;
  readonly to: string | null;
  readonly count: number;
}

export interface AuditLog {
  append(drafts: readonly AuditDraft[]): Promise<void>;
  list(filter: AuditFilter): Promise<readonly AuditEntry[]>;
  /** Walks the hash chain from the first entry. */
  verify(): Promise<{ readonly entries: number; readonly brokenAt: number | null }>;
  /** How often each event moved a rollout from one stage to another, in the entries after a number; `seq` is the last of them. */
  tally(afterSeq: number): Promise<{ readonly seq: number; readonly moves: readonly StageMove[] }>;
}

export interface OutboxItem {
  readonly id: string;
  readonly channel: string;
  readonly message: Message;
  readonly attempts: number;
}

export interface ChannelCounts {
  readonly channel: string;
  readonly waiting: number;
  readonly delivered: number;
  readonly rejected: number;
  readonly failed: number;
}

export interface OutboxCounts {
  readonly waiting: number;
  readonly delivered: number;
  readonly rejected: number;
  /** When the message that waits longest was decided, epoch ms; null when none waits. */
  readonly oldestWaitingAt: number | null;
}

export interface Outbox {
  /** Items whose time has come by the database's clock, oldest first. */
  due(limit: number): Promise<readonly OutboxItem[]>;
  /** `retryInMs` null and outcome `failed` cannot occur: a failed delivery always has a next time. */
  settle(
    id: string,
    outcome:
      | { readonly kind: 'delivered' }
      | { readonly kind: 'rejected'; readonly reason: string }
      | { readonly kind: 'failed'; readonly reason: string; readonly retryInMs: number },
  ): Promise<void>;
  counts(): Promise<OutboxCounts>;
  /** The same by channel, with the attempts that failed. Only `waiting` ever falls. */
  channels(): Promise<readonly ChannelCounts[]>;
}

export interface Lease {
  /** Takes or renews the lease on the database's clock; the epoch grows whenever the holder changes. Null: held by another. */
  hold(holder: string, ttlMs: number): Promise<{ readonly epoch: number } | null>;
  release(holder: string): Promise<void>;
}

export interface ListedConsumer {
  readonly route: string;
  readonly name: string;
  /** Keyed hash of the credential, hex. The credential itself is never stored. */
  readonly keyHash: string;
  readonly rule: ConsumerRule;
  readonly changedAt: number;
}

export interface ConsumerList {
  list(route: string | null): Promise<readonly ListedConsumer[]>;
  /** Inserts or replaces by (route, name), and writes the audit entry in the same transaction. */
  put(consumer: Omit<ListedConsumer, 'changedAt'>, audit: AuditDraft): Promise<void>;
  /** False when there is none. */
  remove(route: string, name: string, audit: AuditDraft): Promise<boolean>;
}

export interface TokenRecord {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly createdAt: number;
  readonly revokedAt: number | null;
}

export interface TokenStore {
  create(
    token: { readonly id: string; readonly name: string; readonly role: Role; readonly hash: string },
    audit: AuditDraft,
  ): Promise<void>;
  findByHash(hash: string): Promise<TokenRecord | null>;
  list(): Promise<readonly TokenRecord[]>;
  /** The last admin token stays: without one nobody could make another. */
  revoke(id: string, audit: AuditDraft): Promise<Revocation>;
}

export type Revocation =
  | { readonly kind: 'revoked' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'revoked-before'; readonly at: number }
  | { readonly kind: 'last-admin' };

export interface StableStore {
  list(): Promise<readonly StableRecord[]>;
  /** The file has declared another stable: the stored one is forgotten, audited. */
  forget(route: string, audit: AuditDraft): Promise<void>;
}

/**
 * A value made with the installation's secret. It says whether a secret is the one that the hashes of consumers' keys were
 * made with, and nothing else of it.
 */
export interface SecretCheck {
  find(): Promise<string | null>;
  /** In one transaction: keeps the value, removes every listed consumer where it is asked to, and writes the audit entries. */
  put(value: string, consumers: 'kept' | 'removed', audit: readonly AuditDraft[]): Promise<void>;
}

/** The open database. */
export interface Store {
  readonly rollouts: RolloutStore;
  readonly audit: AuditLog;
  readonly outbox: Outbox;
  readonly lease: Lease;
  readonly consumers: ConsumerList;
  readonly tokens: TokenStore;
  readonly stables: StableStore;
  readonly secretCheck: SecretCheck;
  /** The database's clock, epoch ms. */
  now(): Promise<number>;
  close(): Promise<void>;
}
