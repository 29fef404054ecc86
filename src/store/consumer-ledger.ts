import {
  type ConsumerDay,
  keyHashOf,
  mergeConsumerDays,
  nameAsListed,
  type Who,
} from '../consumers/ledger/consumer-day.ts';
import type { Known } from '../consumers/ledger/past.ts';
import { fromNow, NOW } from './clock.ts';
import type { Database, Run } from './database.ts';
import { and, asc, eq, gte, inArray, lt, or, sql } from './drizzle.ts';
import { consumerDays, consumersSeen, ledgerWriters } from './schema.ts';
import type { ConsumerLedger, ConsumerSeen, LedgerBatch, LedgerFilter, LedgerShares } from './store.ts';

const DAY_MS = 86_400_000;
const DAYS_KEPT_MS = 90 * DAY_MS;
const SEEN_KEPT_MS = 400 * DAY_MS;
/** Rows in one statement: a statement has at most 65,535 parameters. */
const AT_ONCE = 500;

export function consumerLedgerOn(run: Run): ConsumerLedger {
  return {
    add: (batch) => run((database) => database.transaction((tx) => addIn(tx, batch))),
    read: (route, filter = {}) =>
      run(async (database) => ({
        days: await daysIn(database, route, filter),
        seen: await seenIn(database, route, filter),
      })),
    shares: (route, list, from) => run((database) => sharesIn(database, route, list, from)),
    forget: () =>
      run(async (database) => {
        const day = sql`to_char((${fromNow(-DAYS_KEPT_MS)}) at time zone 'UTC', 'YYYY-MM-DD')`;
        await database.delete(consumerDays).where(lt(consumerDays.day, day));
        const unseen = sql`extract(epoch from (${fromNow(-SEEN_KEPT_MS)})) * 1000`;
        await database.delete(consumersSeen).where(lt(consumersSeen.lastAt, unseen));
        await database.delete(ledgerWriters).where(lt(ledgerWriters.addedAt, fromNow(-DAYS_KEPT_MS)));
      }),
  };
}

async function addIn(tx: Database, { writer, seq, days }: LedgerBatch): Promise<void> {
  const [isNew] = await tx
    .insert(ledgerWriters)
    .values({ writer, seq })
    .onConflictDoUpdate({
      target: ledgerWriters.writer,
      set: { seq, addedAt: NOW },
      setWhere: lt(ledgerWriters.seq, seq),
    })
    .returning({ seq: ledgerWriters.seq });
  if (isNew === undefined) return;
  // In one order, so that two processes wait for each other and are not stuck.
  const rows = mergeConsumerDays(days).map(rowOf).toSorted(byKey);
  for (let at = 0; at < rows.length; at += AT_ONCE) await addRows(tx, rows.slice(at, at + AT_ONCE));
}

type Row = typeof consumerDays.$inferInsert;

async function addRows(tx: Database, rows: readonly Row[]): Promise<void> {
  await tx
    .insert(consumerDays)
    .values([...rows])
    .onConflictDoUpdate({
      target: [
        consumerDays.route,
        consumerDays.day,
        consumerDays.kind,
        consumerDays.name,
        consumerDays.keyHash,
        consumerDays.version,
      ],
      set: {
        requests: sql`${consumerDays.requests} + excluded.requests`,
        errors: sql`${consumerDays.errors} + excluded.errors`,
        clientErrors: sql`${consumerDays.clientErrors} + excluded.client_errors`,
        latency: sql`(select coalesce(jsonb_object_agg(bucket, counted), '{}') from (
          select bucket, sum(answers::bigint) as counted from (
            select * from jsonb_each_text(${consumerDays.latency}) union all select * from jsonb_each_text(excluded.latency)
          ) as both_of_them (bucket, answers) group by bucket) as merged)`,
        firstAt: sql`least(${consumerDays.firstAt}, excluded.first_at)`,
        lastAt: sql`greatest(${consumerDays.lastAt}, excluded.last_at)`,
      },
    });
  const seen = new Map<string, typeof consumersSeen.$inferInsert>();
  for (const { route, kind, name, keyHash, firstAt, lastAt } of rows) {
    const key = JSON.stringify([route, kind, name, keyHash]);
    const before = seen.get(key) ?? { firstAt, lastAt };
    const [first, last] = [Math.min(before.firstAt, firstAt), Math.max(before.lastAt, lastAt)];
    seen.set(key, { route, kind, name, keyHash, firstAt: first, lastAt: last });
  }
  await tx
    .insert(consumersSeen)
    .values([...seen.values()])
    .onConflictDoUpdate({
      target: [consumersSeen.route, consumersSeen.kind, consumersSeen.name, consumersSeen.keyHash],
      set: {
        firstAt: sql`least(${consumersSeen.firstAt}, excluded.first_at)`,
        lastAt: sql`greatest(${consumersSeen.lastAt}, excluded.last_at)`,
      },
    });
}

function rowOf({ who, ...day }: ConsumerDay): Row {
  return { ...day, kind: who.kind, name: nameAsListed(who), keyHash: keyHashOf(who) };
}

/** The day last: `consumers_seen` has no day, and its rows are locked in this order too. */
function byKey(one: Row, other: Row): number {
  return keyOf(one) < keyOf(other) ? -1 : 1;
}

function keyOf({ route, kind, name, keyHash, day, version }: Row): string {
  return JSON.stringify([route, kind, name, keyHash, day, version]);
}

function whoOf({ kind, name, keyHash }: Pick<Row, 'kind' | 'name' | 'keyHash'>): Who {
  if (kind === 'listed') return { kind, name, keyHash };
  return kind === 'unlisted' ? { kind, keyHash } : { kind };
}

async function daysIn(database: Database, route: string, filter: LedgerFilter): Promise<readonly ConsumerDay[]> {
  const { fromDay, consumers } = filter;
  const rows = await database
    .select()
    .from(consumerDays)
    .where(
      and(
        eq(consumerDays.route, route),
        fromDay === undefined ? undefined : gte(consumerDays.day, fromDay),
        consumers === undefined ? undefined : isOf(consumerDays, consumers),
      ),
    )
    .orderBy(asc(consumerDays.day), asc(consumerDays.firstAt));
  return rows.map(({ kind, name, keyHash, ...row }) => ({ ...row, who: whoOf({ kind, name, keyHash }) }));
}

async function seenIn(
  database: Database,
  route: string,
  { consumers }: LedgerFilter,
): Promise<readonly ConsumerSeen[]> {
  const rows = await database
    .select()
    .from(consumersSeen)
    .where(and(eq(consumersSeen.route, route), consumers === undefined ? undefined : isOf(consumersSeen, consumers)))
    .orderBy(asc(consumersSeen.firstAt));
  return rows.map(({ firstAt, lastAt, ...row }) => ({ who: whoOf(row), firstAt, lastAt }));
}

function isOf(table: typeof consumerDays | typeof consumersSeen, consumers: readonly Known[]) {
  if (consumers.length === 0) return sql`false`;
  return or(
    inArray(
      table.name,
      consumers.map(({ name }) => name),
    ),
    inArray(
      table.keyHash,
      consumers.map(({ keyHash }) => keyHash),
    ),
  );
}

async function sharesIn(
  database: Database,
  route: string,
  list: readonly Known[],
  from: { readonly day: string; readonly largest: number },
): Promise<LedgerShares> {
  const isHere = and(eq(consumerDays.route, route), gte(consumerDays.day, from.day));
  const kind = sql<Who['kind']>`case when ${isOf(consumerDays, list)} then 'listed'
    when ${consumerDays.keyHash} <> '' then 'unlisted' else ${consumerDays.kind} end`;
  const total = (column: 'requests' | 'errors' | 'clientErrors') => sql`sum(${consumerDays[column]})`.mapWith(Number);
  const lastAt = sql`max(${consumerDays.lastAt})`.mapWith(Number);
  const firstAt = sql`min(${consumerDays.firstAt})`.mapWith(Number);
  const sums = await database
    .select({
      kind,
      version: consumerDays.version,
      requests: total('requests'),
      errors: total('errors'),
      clientErrors: total('clientErrors'),
      lastAt,
    })
    .from(consumerDays)
    .where(isHere)
    // By place: the parameters of an expression that is repeated are others.
    .groupBy(sql`1`, sql`2`)
    .orderBy(sql`1`, sql`2`);
  const isUnlisted = and(isHere, sql`${consumerDays.keyHash} <> ''`, sql`not (${isOf(consumerDays, list)})`);
  const [found] = await database
    .select({ credentials: sql`count(distinct ${consumerDays.keyHash})`.mapWith(Number) })
    .from(consumerDays)
    .where(isUnlisted);
  const largest = await database
    .select({
      keyHash: consumerDays.keyHash,
      formerName: sql<string | null>`max(nullif(${consumerDays.name}, ''))`,
      requests: total('requests'),
      firstAt,
      lastAt,
    })
    .from(consumerDays)
    .where(isUnlisted)
    .groupBy(consumerDays.keyHash)
    .orderBy(sql`3 desc`, asc(consumerDays.keyHash))
    .limit(from.largest);
  return { sums, unlisted: { credentials: found?.credentials ?? 0, largest } };
}
