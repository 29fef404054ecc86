import type { Consumer } from '../consumers/consumer.ts';
import type { ConsumerDay, Who } from '../consumers/ledger/consumer-day.ts';
import type { Known } from '../consumers/ledger/past.ts';
import type { KeyedRequests } from '../rollout/acts/keyed-request.ts';
import type { Scope } from '../rollout/acts/scope.ts';
import type { Role, SenderOfLogs } from '../rollout/event.ts';
import type { Evidence } from '../rollout/evidence.ts';
import type { Message, SentMessage } from '../rollout/message.ts';
import type { AuditDraft, AuditEntry, RolloutRecord } from '../rollout/record.ts';
import type { TrailChange, TrailRow } from '../rollout/so-far/trail.ts';
import type { EndedStage, Rollout } from '../rollout/state.ts';
import type { Upstream } from '../split/order.ts';

/** All in one transaction, or nothing. */
export interface RolloutChange {
  readonly rollout: Rollout;
  readonly evidence: Evidence;
  /** The version the change was computed from; null inserts a new rollout. */
  readonly expectedVersion: number | null;
  /**
   * The look whose evidence the change goes on from, epoch ms; omitted by whoever makes the looks. A look that was committed
   * since leaves the version as it is, and what it saw would be overwritten.
   */
  readonly expectedLookedAt?: number;
  /** The lease under which it was decided; null for an operator's override (which only compares the version). */
  readonly leaseEpoch: number | null;
  readonly audit: readonly AuditDraft[];
  readonly deliveries: readonly { readonly channel: string; readonly message: Message }[];
  /** What a look adds to the trail; omitted by everything that is no look. */
  readonly trail?: TrailChange;
  /** A change of the list of consumers, with its own entry of the audit unless that of the rollout has it. */
  readonly consumers?: { readonly change: ListChange; readonly audit?: AuditDraft };
  /** Set when the canary becomes the route's stable. */
  readonly newStable?: StableRecord;
  /** Ended in the same transaction, before the insert (start --replace). */
  readonly supersedes?: Omit<RolloutChange, 'supersedes'>;
}

/** The promoted stable of a route, and the declared URL that it replaces. */
export interface StableRecord {
  readonly route: string;
  readonly stable: Upstream;
  readonly replacedUrl: string;
}

/** With what became of it. */
export interface KeptStable extends StableRecord {
  /** Declared URLs that promotions before it replaced, in their order: a file may be late by more than one. */
  readonly alsoReplaced: readonly string[];
  /** The replicas whose files have declared another stable since than those that were replaced. */
  readonly declaredBy: readonly string[];
}

/** What the file of a replica says of the promoted stable of a route: `others` than those that it replaced, or one of them `again`. */
export interface StableDeclaration {
  readonly says: 'others' | 'again';
  /** The replica. */
  readonly by: string;
  /** The URL of the promoted stable. */
  readonly promoted: string;
  readonly entry: AuditDraft;
}

export interface RolloutFilter {
  readonly route?: string;
  /** Only of these. */
  readonly routes?: readonly string[];
  readonly active?: boolean;
  readonly limit: number;
  /** Only rollouts started before this one (newest first): the cursor of the previous page. */
  readonly beforeId?: string;
}

/**
 * `commit` throws Problem('stale') when the version or the lease epoch has moved on, Problem('conflict') when the
 * route already has an active rollout. Every method throws Problem('unavailable') when the database cannot answer,
 * with only the SQLSTATE in the message, and Problem('invalid-input') for text that cannot be stored
 * (NUL). After 'unavailable' the outcome is unknown: the same change may be committed again, and is applied only once.
 */
export interface RolloutStore {
  commit(change: RolloutChange): Promise<void>;
  /** Throws Problem('internal') for a rollout whose record cannot be read. */
  find(id: string): Promise<RolloutRecord | null>;
  /** Leaves out records that cannot be read: one damaged record must not hide the others. */
  list(filter: RolloutFilter): Promise<readonly RolloutRecord[]>;
  /** Of each of these routes, the rollout that ended last, if any has; those that cannot be read are left out. */
  lastEnded(routes: readonly string[]): Promise<readonly EndedRollout[]>;
  /** The active rollouts that `list` left out. */
  unreadable(): Promise<readonly UnreadableRollout[]>;
}

/** What is drawn of each rollout. A look's row is written by the `commit` of the look. */
export interface Trails {
  /** The rows in their order, at most 720; empty for an unknown rollout, and for one without a trail. */
  read(rolloutId: string): Promise<readonly TrailRow[]>;
  /** Deletes the trails of the rollouts that ended more than a year ago. */
  forget(): Promise<void>;
}

/** How a rollout ended. */
export interface EndedRollout {
  readonly id: string;
  readonly route: string;
  /** Of the canary. */
  readonly version: string;
  readonly stage: EndedStage;
  readonly reason: string;
  /** Whose reason it is; null where that was not recorded. */
  readonly by: { readonly name: string; readonly role: string } | null;
  readonly endedAt: number;
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
  /** Only of these: what belongs to no route is of none. */
  readonly routes?: readonly string[];
  readonly limit: number;
  /** Only entries older than this (newest first). */
  readonly beforeSeq?: number;
}

export interface StageMove {
  readonly route: string;
  /** The event's kind. */
  readonly event: string;
  /** Null if the entry is not about a rollout. */
  readonly from: string | null;
  readonly to: string | null;
  readonly count: number;
}

export interface AuditLog {
  append(drafts: readonly AuditDraft[]): Promise<void>;
  list(filter: AuditFilter): Promise<readonly AuditEntry[]>;
  /** The entries after a number, oldest first. Numbers have no gaps and become visible in their order: none is missed. */
  after(seq: number, limit: number): Promise<readonly AuditEntry[]>;
  /** Walks the hash chain from the first entry. */
  verify(): Promise<{ readonly entries: number; readonly brokenAt: number | null }>;
  /** How often each event moved a rollout between two stages, in the entries after a number; `seq` is the last of them. */
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
  /** When the message that has waited longest was decided, epoch ms; null when none is waiting. */
  readonly oldestWaitingAt: number | null;
}

export interface Outbox {
  /** The messages of a rollout, the newest first; one for each channel that it goes to. */
  ofRollout(rolloutId: string, limit: number): Promise<readonly SentMessage[]>;
  /** Items that are due by the database's clock, oldest first. */
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
  /** The same per channel, with the failed attempts. Only `waiting` ever falls. */
  channels(): Promise<readonly ChannelCounts[]>;
}

export interface Lease {
  /** Takes or renews the lease on the database's clock; the epoch grows whenever the holder changes. Null: another holds it. */
  hold(holder: string, ttlMs: number): Promise<{ readonly epoch: number } | null>;
  release(holder: string): Promise<void>;
}

export interface ListedConsumer extends Consumer {
  readonly route: string;
  readonly changedAt: number;
}

/** What is made of the list of a route, and of which list that was computed. */
export interface ListChange {
  readonly route: string;
  /** The list as it was read. */
  readonly expected: readonly ListedConsumer[];
  /** Inserted, or put in place of those that have the name. */
  readonly put: readonly Consumer[];
  readonly removed: readonly string[];
}

export interface ConsumerList {
  list(route: string | null): Promise<readonly ListedConsumer[]>;
  /**
   * All of it and its audit entry in one transaction. Throws Problem('stale') when the list is not the expected one any
   * more, Problem('conflict') when two consumers would share a credential.
   */
  change(change: ListChange, audit: AuditDraft): Promise<void>;
}

/** What one process counted since its last batch. */
export interface LedgerBatch {
  /** The process, by an id of its own. */
  readonly writer: string;
  /** Grows with each batch of the writer. */
  readonly seq: number;
  readonly days: readonly ConsumerDay[];
}

export interface LedgerFilter {
  /** From this UTC day on; all that are kept if absent. */
  readonly fromDay?: string;
  /** Only what is theirs (see `ownerIn`); everybody's if absent. */
  readonly consumers?: readonly Known[];
}

/** When requests came at all, epoch ms: kept for longer than the days. */
export interface ConsumerSeen {
  readonly who: Who;
  readonly firstAt: number;
  readonly lastAt: number;
}

/** What all together asked of one version, by how they are known. */
export interface LedgerSum {
  readonly kind: Who['kind'];
  readonly version: string;
  readonly requests: number;
  readonly errors: number;
  readonly clientErrors: number;
  readonly lastAt: number;
}

export interface UnlistedSeen {
  readonly keyHash: string;
  /** As it was listed before; null if it never was. */
  readonly formerName: string | null;
  readonly requests: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

/** The traffic of a route by those who are on its list and those who are not: rows of consumers that were taken off are unlisted. */
export interface LedgerShares {
  readonly sums: readonly LedgerSum[];
  /** How many unlisted credentials were counted one by one, and those with the most requests. */
  readonly unlisted: { readonly credentials: number; readonly largest: readonly UnlistedSeen[] };
}

/** Who asked what of which version: by day for 90 days, and when it was seen first and last for 400 days from then. */
export interface ConsumerLedger {
  /**
   * Adds the counts of the batch to what is there. A batch whose number was added before changes nothing, so that it may be
   * sent again when its outcome is unknown.
   */
  add(batch: LedgerBatch): Promise<void>;
  /** By day, oldest first. */
  read(
    route: string,
    filter?: LedgerFilter,
  ): Promise<{ readonly days: readonly ConsumerDay[]; readonly seen: readonly ConsumerSeen[] }>;
  /** From a day on. @param list the consumers that are listed now */
  shares(
    route: string,
    list: readonly Known[],
    from: { readonly day: string; readonly largest: number },
  ): Promise<LedgerShares>;
  /** Deletes what is older than it is kept. */
  forget(): Promise<void>;
}

export interface TokenRecord {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** Null where it is bound to nothing. */
  readonly sender: SenderOfLogs | null;
  /** Null where its role alone decides. */
  readonly scope: Scope | null;
  /** The subject of who made it, then that of who made theirs, and so on; null or omitted where that is not known. */
  readonly makers?: readonly string[] | null;
  readonly createdAt: number;
  /** Null where it does not expire. */
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
}

/** What identifies a token: the hash of its text, or its id. */
export type TokenKey = { readonly hash: string } | { readonly id: string };

export interface TokenStore {
  create(
    token: Pick<TokenRecord, 'id' | 'name' | 'role' | 'sender' | 'scope' | 'makers' | 'expiresAt'> & {
      readonly hash: string;
    },
    audit: AuditDraft,
  ): Promise<void>;
  /** Revoked ones too. */
  find(by: TokenKey): Promise<TokenRecord | null>;
  list(): Promise<readonly TokenRecord[]>;
  /** Writes when these were used, unless a later use is known. */
  used(uses: ReadonlyMap<string, number>): Promise<void>;
  /** The last admin token that does not expire cannot be revoked: without one, no other could be created some day. */
  revoke(id: string, audit: AuditDraft): Promise<Revocation>;
}

export type Revocation =
  | { readonly kind: 'revoked' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'revoked-before'; readonly at: number }
  | { readonly kind: 'last-admin' };

export interface StableStore {
  list(): Promise<readonly KeptStable[]>;
  /**
   * A stable that a file has `again` is removed, and for `others` it is remembered whose file that is; each with its entry, unless it was so
   * before, or another stable has been promoted. `also` are entries that are written in the same transaction, before those.
   */
  declare(declarations: readonly StableDeclaration[], also?: readonly AuditDraft[]): Promise<void>;
}

/**
 * A value derived from the installation's secret. It only shows whether a secret is the one that the hashes of
 * consumers' keys were made with.
 */
export interface SecretCheck {
  find(): Promise<string | null>;
  /** In one transaction: stores the value, removes every listed consumer if asked to, and writes the audit entries. */
  put(value: string, consumers: 'kept' | 'removed', audit: readonly AuditDraft[]): Promise<void>;
}

/** What sticky routes remember of their units, as bytes: the past that their comparison needs survives a restart. */
export interface UnitHistory {
  /** Null if nothing was saved. */
  load(route: string): Promise<Uint8Array | null>;
  /** Replaces what was saved before. */
  save(route: string, bytes: Uint8Array): Promise<void>;
}

export interface KeyedRequestStore extends KeyedRequests {
  /** Deletes what is older than a day, and the oldest of more than 10,000. */
  forget(): Promise<void>;
}

/** The open database. */
export interface Store {
  readonly rollouts: RolloutStore;
  readonly trails: Trails;
  readonly audit: AuditLog;
  readonly outbox: Outbox;
  readonly lease: Lease;
  readonly consumers: ConsumerList;
  readonly consumerLedger: ConsumerLedger;
  readonly tokens: TokenStore;
  readonly stables: StableStore;
  readonly secretCheck: SecretCheck;
  readonly unitHistory: UnitHistory;
  readonly keyedRequests: KeyedRequestStore;
  /** The database's clock, epoch ms. */
  now(): Promise<number>;
  close(): Promise<void>;
}
