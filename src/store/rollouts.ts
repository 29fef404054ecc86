import { canonicalJson } from '../policy/digest.ts';
import { Problem } from '../problem/problem.ts';
import type { RolloutRecord } from '../rollout/record.ts';
import { ENDS, isEnded } from '../rollout/state.ts';
import { appendAudit, auditContent } from './audit.ts';
import { replaceListed } from './consumers.ts';
import type { Database, Run } from './database.ts';
import { and, desc, eq, inArray, lt, sql } from './drizzle.ts';
import { isUuid } from './identifier.ts';
import { refuseOldEpoch } from './lease.ts';
import { enqueue } from './outbox.ts';
import { audit, evidence, rollouts } from './schema.ts';
import { keepStable } from './stables.ts';
import type { EndedRollout, RolloutChange, RolloutFilter, RolloutStore, UnreadableRollout } from './store.ts';
import { type ReadRow, readRow } from './stored-record.ts';
import { trailWrite } from './trails.ts';

type Part = Omit<RolloutChange, 'supersedes'>;

const columns = { id: rollouts.id, route: rollouts.route, rollout: rollouts.state, evidence: evidence.state };
const MOST_ACTIVE = 1_000;

export function rolloutStore(run: Run): RolloutStore {
  return {
    commit: (change) => run((database) => database.transaction((tx) => commitChange(tx, change))),
    find: (id) =>
      run(async (database) => {
        if (!isUuid(id)) return null;
        const [row] = await selectRows(database).where(eq(rollouts.id, id));
        if (row === undefined) return null;
        const read = readRow(row);
        if (read.kind === 'unreadable') throw new Problem('internal', unreadableOf(read).reason);
        return read.record;
      }),
    list: (filter) =>
      run(async (database) => {
        if (filter.beforeId !== undefined && !isUuid(filter.beforeId)) {
          throw new Problem('invalid-input', 'The cursor is no rollout id.');
        }
        return listReadable(database, filter);
      }),
    lastEnded: (routes) => run((database) => lastEndedOf(database, routes)),
    unreadable: () =>
      run(async (database) => {
        const rows = await selectRows(database).where(eq(rollouts.active, true)).limit(MOST_ACTIVE);
        return rows.map(readRow).flatMap((read) => (read.kind === 'unreadable' ? [unreadableOf(read)] : []));
      }),
  };
}

/** A page is filled even when records were left out of it: a client that reads pages would stop at a short one. */
async function listReadable(
  database: Database,
  { route, routes, active, limit, beforeId }: RolloutFilter,
): Promise<readonly RolloutRecord[]> {
  const records: RolloutRecord[] = [];
  for (let before = beforeId; records.length < limit; ) {
    const asked = limit - records.length;
    const rows = await selectRows(database)
      .where(
        and(
          route === undefined ? undefined : eq(rollouts.route, route),
          routes === undefined ? undefined : inArray(rollouts.route, [...routes]),
          active === undefined ? undefined : eq(rollouts.active, active),
          before === undefined ? undefined : lt(rollouts.id, before),
        ),
      )
      .orderBy(desc(rollouts.id))
      .limit(asked);
    records.push(...rows.map(readRow).flatMap((read) => (read.kind === 'record' ? [read.record] : [])));
    before = rows.at(-1)?.id;
    if (rows.length < asked) break;
  }
  return records;
}

/** One step down the index for each route, however long its history is; only what is asked for leaves the database. */
async function lastEndedOf(database: Database, routes: readonly string[]): Promise<readonly EndedRollout[]> {
  // Drizzle does not qualify it, so that it must not be called as a column is.
  const names = database
    .select({ name: sql<string>`jsonb_array_elements_text(${JSON.stringify(routes)}::text::jsonb)`.as('name') })
    .from(sql`(select 1) as one`)
    .as('names');
  const latest = database
    .select({ id: rollouts.id, state: rollouts.state })
    .from(rollouts)
    .where(and(eq(rollouts.route, names.name), eq(rollouts.active, false)))
    .orderBy(desc(rollouts.id))
    .limit(1)
    .as('latest');
  const rows = await database
    .select({
      id: latest.id,
      route: names.name,
      version: sql<string | null>`${latest.state} -> 'canary' ->> 'version'`,
      stage: sql<string | null>`${latest.state} -> 'stage' ->> 'kind'`,
      reason: sql<string | null>`${latest.state} ->> 'reason'`,
      byName: sql<string | null>`${latest.state} -> 'reasonBy' ->> 'name'`,
      byRole: sql<string | null>`${latest.state} -> 'reasonBy' ->> 'role'`,
      endedAt: sql<string | null>`${latest.state} ->> 'endedAt'`,
    })
    .from(names)
    .innerJoinLateral(latest, sql`true`);
  return rows.flatMap(({ id, route, version, stage: kind, reason, byName, byRole, endedAt }) => {
    const stage = ENDS.find((end) => end === kind);
    const at = Number(endedAt ?? Number.NaN);
    if (version === null || stage === undefined || reason === null || !Number.isSafeInteger(at)) return [];
    const by = byName === null || byRole === null ? null : { name: byName, role: byRole };
    return [{ id, route, version, stage, reason, by, endedAt: at }];
  });
}

function unreadableOf({ id, route, reason }: Extract<ReadRow, { kind: 'unreadable' }>): UnreadableRollout {
  return { id, route, reason: `The stored record of rollout ${id} of ${route} cannot be read: ${reason}.` };
}

/** Also finds a rollout without evidence; otherwise the loss would never be noticed. */
function selectRows(database: Database) {
  return database.select(columns).from(rollouts).leftJoin(evidence, eq(evidence.rolloutId, rollouts.id)).$dynamic();
}

/**
 * Every writer takes its locks in the same order (lease, rollouts, the rest, the audit's head), so that writers cannot
 * deadlock.
 */
async function commitChange(tx: Database, change: RolloutChange): Promise<void> {
  if (change.leaseEpoch !== null) await refuseOldEpoch(tx, change.leaseEpoch);
  const parts: readonly Part[] = change.supersedes ? [change.supersedes, change] : [change];
  const written: Part[] = [];
  for (const part of parts) {
    if (await writeRollout(tx, part)) {
      await refuseNewerLook(tx, part);
      written.push(part);
    } else if (!(await committedBefore(tx, part))) throw refusal(part);
  }
  for (const { rollout, evidence: state, trail, newStable, consumers, deliveries } of written) {
    // One statement for both: a look costs one round trip less.
    const besides = trail ? tx.with(await trailWrite(tx, rollout.id, trail)) : tx;
    await besides
      .insert(evidence)
      .values({ rolloutId: rollout.id, state })
      .onConflictDoUpdate({ target: evidence.rolloutId, set: { state } });
    if (newStable) await keepStable(tx, newStable);
    if (consumers) await replaceListed(tx, consumers.change);
    await enqueue(tx, deliveries);
  }
  await appendAudit(
    tx,
    written.flatMap((part) => [...part.audit, ...(part.consumers?.audit ? [part.consumers.audit] : [])]),
  );
}

/** Compare and set: false when the rollout is not at the version that the change was computed from. */
async function writeRollout(tx: Database, { rollout, expectedVersion }: Part): Promise<boolean> {
  const { id, route, version } = rollout;
  const values = { id, route, version, state: rollout, active: !isEnded(rollout) };
  const written =
    expectedVersion === null
      ? await tx
          .insert(rollouts)
          .values(values)
          .onConflictDoNothing({ target: rollouts.id })
          .returning({ id: rollouts.id })
      : await tx
          .update(rollouts)
          .set(values)
          .where(and(eq(rollouts.id, id), eq(rollouts.version, expectedVersion)))
          .returning({ id: rollouts.id });
  return written.length > 0;
}

/** Every look locks the row of its rollout, which is locked here by now: what is read is the last. */
async function refuseNewerLook(tx: Database, { rollout, expectedLookedAt }: Part): Promise<void> {
  if (expectedLookedAt === undefined) return;
  const lookedAt = sql<string>`${evidence.state} ->> 'lookedAt'`;
  const [stored] = await tx.select({ lookedAt }).from(evidence).where(eq(evidence.rolloutId, rollout.id));
  if (stored !== undefined && Number(stored.lookedAt) !== expectedLookedAt) {
    throw new Problem('stale', `The rollout ${rollout.id} has been looked at meanwhile.`);
  }
}

/** The answer to COMMIT may be lost: the same change then arrives again, and finds its own state and audit entries. */
async function committedBefore(tx: Database, { rollout, audit: drafts }: Part): Promise<boolean> {
  const [stored] = await tx.select({ state: rollouts.state }).from(rollouts).where(eq(rollouts.id, rollout.id));
  if (stored === undefined || canonicalJson(stored.state) !== canonicalJson(rollout)) return false;
  const newest = await tx
    .select()
    .from(audit)
    .where(eq(audit.rolloutId, rollout.id))
    .orderBy(desc(audit.seq))
    .limit(drafts.length);
  return canonicalJson(newest.reverse().map(auditContent)) === canonicalJson(drafts.map(auditContent));
}

function refusal({ rollout, expectedVersion }: Part): Problem {
  return expectedVersion === null
    ? new Problem('conflict', `The rollout ${rollout.id} exists already.`)
    : new Problem('stale', `The rollout has moved on from version ${expectedVersion}.`);
}
