import { canonicalJson } from '../policy/digest.ts';
import { pinnedPolicy } from '../policy/pinned.ts';
import { Problem } from '../problem/problem.ts';
import type { RolloutRecord } from '../rollout/record.ts';
import { isEnded } from '../rollout/state.ts';
import { appendAudit, auditContent } from './audit.ts';
import type { Database, Run } from './database.ts';
import { and, desc, eq, lt } from './drizzle.ts';
import { isUuid } from './identifier.ts';
import { refuseOldEpoch } from './lease.ts';
import { enqueue } from './outbox.ts';
import { audit, evidence, rollouts } from './schema.ts';
import { keepStable } from './stables.ts';
import type { RolloutChange, RolloutStore } from './store.ts';

type Part = Omit<RolloutChange, 'supersedes'>;

const columns = { rollout: rollouts.state, evidence: evidence.state };

export function rolloutStore(run: Run): RolloutStore {
  return {
    commit: (change) => run((database) => database.transaction((tx) => commitChange(tx, change))),
    find: (id) =>
      run(async (database) => {
        if (!isUuid(id)) return null;
        const [record] = await selectRecords(database).where(eq(rollouts.id, id));
        return record ? recordOf(record) : null;
      }),
    list: ({ route, active, limit, beforeId }) =>
      run(async (database) => {
        if (beforeId !== undefined && !isUuid(beforeId)) {
          throw new Problem('invalid-input', 'The cursor is no rollout id.');
        }
        const records = await selectRecords(database)
          .where(
            and(
              route === undefined ? undefined : eq(rollouts.route, route),
              active === undefined ? undefined : eq(rollouts.active, active),
              beforeId === undefined ? undefined : lt(rollouts.id, beforeId),
            ),
          )
          .orderBy(desc(rollouts.id))
          .limit(limit);
        return records.map(recordOf);
      }),
  };
}

function recordOf({ rollout, evidence: seen }: RolloutRecord): RolloutRecord {
  return { rollout: { ...rollout, policy: pinnedPolicy(rollout.policy) }, evidence: seen };
}

function selectRecords(database: Database) {
  return database.select(columns).from(rollouts).innerJoin(evidence, eq(evidence.rolloutId, rollouts.id)).$dynamic();
}

/**
 * Every writer takes its locks in one order (lease, rollouts, the rest, the audit's head), so that none waits for
 * another in a circle.
 */
async function commitChange(tx: Database, change: RolloutChange): Promise<void> {
  if (change.leaseEpoch !== null) await refuseOldEpoch(tx, change.leaseEpoch);
  const parts: readonly Part[] = change.supersedes ? [change.supersedes, change] : [change];
  const written: Part[] = [];
  for (const part of parts) {
    if (await writeRollout(tx, part)) written.push(part);
    else if (!(await committedBefore(tx, part))) throw refusal(part);
  }
  for (const { rollout, evidence: state, newStable, deliveries } of written) {
    await tx
      .insert(evidence)
      .values({ rolloutId: rollout.id, state })
      .onConflictDoUpdate({ target: evidence.rolloutId, set: { state } });
    if (newStable) await keepStable(tx, newStable);
    await enqueue(tx, deliveries);
  }
  await appendAudit(
    tx,
    written.flatMap((part) => part.audit),
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

/** An answer to COMMIT may get lost: then the same change comes again, and finds its own state and audit entries. */
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
