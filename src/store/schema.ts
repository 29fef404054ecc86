import type { ConsumerDay, Who } from '../consumers/ledger/consumer-day.ts';
import type { Scope } from '../rollout/acts/scope.ts';
import type { Actor, Role, SenderOfLogs } from '../rollout/event.ts';
import type { Evidence } from '../rollout/evidence.ts';
import type { Message } from '../rollout/message.ts';
import type { AuditDraft } from '../rollout/record.ts';
import type { TrailRow } from '../rollout/so-far/trail.ts';
import type { Rollout } from '../rollout/state.ts';
import type { ConsumerRule, Upstream } from '../split/order.ts';
import {
  bigint,
  boolean,
  index,
  integer,
  isNotNull,
  isNull,
  jsonb,
  pgTable,
  primaryKey,
  sql,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from './drizzle.ts';

/** An instant on the database's clock. Times inside the JSON documents are epoch ms. */
const instant = (name: string) => timestamp(name, { withTimezone: true });

export const rollouts = pgTable(
  'rollouts',
  {
    /** UUIDv7, so that the order of ids is the order of starts. */
    id: uuid('id').primaryKey(),
    route: text('route').notNull(),
    state: jsonb('state').$type<Rollout>().notNull(),
    version: integer('version').notNull(),
    active: boolean('active').notNull(),
  },
  (table) => [
    uniqueIndex('rollouts_active_route').on(table.route).where(sql`${table.active}`),
    index('rollouts_route').on(table.route, table.id),
  ],
);

/** The evidence so far: overwritten at every look. */
export const evidence = pgTable('evidence', {
  rolloutId: uuid('rollout_id')
    .primaryKey()
    .references(() => rollouts.id),
  state: jsonb('state').$type<Evidence>().notNull(),
});

/** The past of a rollout, for drawings: one row for each look, or for several that follow each other. */
export const trail = pgTable(
  'trail',
  {
    rolloutId: uuid('rollout_id')
      .notNull()
      .references(() => rollouts.id),
    /** The first look of the row, counted from 0. */
    look: integer('look').notNull(),
    row: jsonb('figures').$type<TrailRow>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.rolloutId, table.look] })],
);

/** Append-only by trigger (see the migrations); a missing number is as much a broken chain as a changed row. */
export const audit = pgTable(
  'audit',
  {
    seq: bigint('seq', { mode: 'number' }).primaryKey(),
    at: bigint('at', { mode: 'number' }).notNull(),
    actor: jsonb('actor').$type<Actor>().notNull(),
    route: text('route').notNull(),
    rolloutId: uuid('rollout_id'),
    event: jsonb('event').$type<AuditDraft['event']>().notNull(),
    reason: text('reason').notNull(),
    before: jsonb('before').$type<unknown>(),
    after: jsonb('after').$type<unknown>(),
    hash: text('hash').notNull(),
  },
  (table) => [
    index('audit_rollout').on(table.rolloutId, table.seq).where(isNotNull(table.rolloutId)),
    index('audit_route').on(table.route, table.seq),
  ],
);

/** One row: the newest entry of the chain. Its row lock makes writers take turns; its hash betrays a cut-off tail. */
export const auditHead = pgTable('audit_head', {
  id: integer('id').primaryKey(),
  seq: bigint('seq', { mode: 'number' }).notNull(),
  hash: text('hash').notNull(),
});

/** One row per message and channel. */
export const outbox = pgTable(
  'outbox',
  {
    id: text('id').primaryKey(),
    channel: text('channel').notNull(),
    message: jsonb('message').$type<Message>().notNull(),
    attempts: integer('attempts').notNull().default(0),
    nextAt: instant('next_at').notNull().defaultNow(),
    deliveredAt: instant('delivered_at'),
    rejectedAt: instant('rejected_at'),
    lastError: text('last_error'),
  },
  (table) => [
    index('outbox_waiting')
      .on(table.nextAt, table.id)
      .where(sql`${isNull(table.deliveredAt)} and ${isNull(table.rejectedAt)}`),
  ],
);

export const lease = pgTable('lease', {
  name: text('name').primaryKey(),
  holder: text('holder').notNull(),
  epoch: bigint('epoch', { mode: 'number' }).notNull(),
  expiresAt: instant('expires_at').notNull(),
});

export const consumers = pgTable(
  'consumers',
  {
    route: text('route').notNull(),
    name: text('name').notNull(),
    keyHash: text('key_hash').notNull(),
    rule: text('rule').$type<ConsumerRule>().notNull(),
    /** Those who are moved together, by share. */
    group: text('group'),
    wave: integer('wave'),
    /** A day, as `2027-03-01`: the last one on the old version. */
    due: text('due'),
    contact: text('contact'),
    changedAt: instant('changed_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.route, table.name] }),
    uniqueIndex('consumers_route_key').on(table.route, table.keyHash),
  ],
);

/** What each version answered to each consumer, by day. */
export const consumerDays = pgTable(
  'consumer_days',
  {
    route: text('route').notNull(),
    /** In UTC, as `2027-03-01`. */
    day: text('day').notNull(),
    kind: text('kind').$type<Who['kind']>().notNull(),
    /** As it was listed then; empty for those that were not. */
    name: text('name').notNull(),
    /** Empty where there was no credential, or it was not counted by itself. */
    keyHash: text('key_hash').notNull(),
    version: text('version').notNull(),
    requests: bigint('requests', { mode: 'number' }).notNull(),
    errors: bigint('errors', { mode: 'number' }).notNull(),
    clientErrors: bigint('client_errors', { mode: 'number' }).notNull(),
    latency: jsonb('latency').$type<ConsumerDay['latency']>().notNull(),
    firstAt: bigint('first_at', { mode: 'number' }).notNull(),
    lastAt: bigint('last_at', { mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.route, table.day, table.kind, table.name, table.keyHash, table.version] }),
    index('consumer_days_day').on(table.day),
  ],
);

/** When each consumer was seen first and last: kept when its days are gone. */
export const consumersSeen = pgTable(
  'consumers_seen',
  {
    route: text('route').notNull(),
    kind: text('kind').$type<Who['kind']>().notNull(),
    name: text('name').notNull(),
    keyHash: text('key_hash').notNull(),
    firstAt: bigint('first_at', { mode: 'number' }).notNull(),
    lastAt: bigint('last_at', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.route, table.kind, table.name, table.keyHash] })],
);

/** The last batch of each process that counts consumers: none is added twice. */
export const ledgerWriters = pgTable('ledger_writers', {
  writer: text('writer').primaryKey(),
  seq: bigint('seq', { mode: 'number' }).notNull(),
  addedAt: instant('added_at').notNull().defaultNow(),
});

export const tokens = pgTable(
  'tokens',
  {
    id: uuid('id').primaryKey(),
    name: text('name').notNull(),
    role: text('role').$type<Role>().notNull(),
    hash: text('hash').notNull(),
    /** Whose lines a sender of logs sends; null for all others, and for one that is not bound. */
    sender: jsonb('sender').$type<SenderOfLogs>(),
    /** What it is limited to; null where its role alone decides. */
    scope: jsonb('scope').$type<Scope>(),
    /** The subject of who made it, then that of who made theirs, and so on; null where that is not known. */
    makers: jsonb('makers').$type<readonly string[]>(),
    createdAt: instant('created_at').notNull().defaultNow(),
    expiresAt: instant('expires_at'),
    lastUsedAt: instant('last_used_at'),
    revokedAt: instant('revoked_at'),
  },
  (table) => [uniqueIndex('tokens_hash').on(table.hash)],
);

export const stables = pgTable('stables', {
  route: text('route').primaryKey(),
  stable: jsonb('stable').$type<Upstream>().notNull(),
  replacedUrl: text('replaced_url').notNull(),
  alsoReplaced: jsonb('also_replaced').$type<readonly string[]>().notNull().default([]),
  declaredBy: jsonb('declared_by').$type<readonly string[]>().notNull().default([]),
});

/** One row, by which a change of the installation's secret is noticed. */
export const secretCheck = pgTable('secret_check', {
  id: integer('id').primaryKey(),
  value: text('value').notNull(),
});

/** What sticky routes remember of their units: at most about 1 MB for each, overwritten every few minutes. */
export const unitHistory = pgTable('unit_history', {
  route: text('route').primaryKey(),
  ledger: text('ledger').notNull(),
});

/** What was asked with an `Idempotency-Key`, and how it was answered: kept for a day. */
export const keyedRequests = pgTable(
  'keyed_requests',
  {
    /** Hash of the credential and the key: two actors never share one. */
    id: text('id').primaryKey(),
    /** `POST /api/v1/rollouts`. */
    operation: text('operation').notNull(),
    bodyHash: text('body_hash').notNull(),
    /** Grows when a request that never ended is taken over: whatever it still does then is refused. */
    attempt: integer('attempt').notNull().default(1),
    claimedUntil: instant('claimed_until').notNull(),
    /** The audit entry that it made, written in the same transaction. */
    seq: bigint('seq', { mode: 'number' }),
    status: integer('status'),
    headers: jsonb('headers').$type<Readonly<Record<string, string>>>(),
    body: text('body'),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (table) => [index('keyed_requests_created').on(table.createdAt)],
);
