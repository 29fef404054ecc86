import { Problem } from '../problem/problem.ts';
import type { KeyClaim, KeyedRequest } from '../rollout/acts/keyed-request.ts';
import type { Actor } from '../rollout/event.ts';
import { fromNow, NOW } from './clock.ts';
import type { Database, Run } from './database.ts';
import { and, desc, eq, inArray, isNotNull, isNull, lt, sql } from './drizzle.ts';
import { keyedRequests } from './schema.ts';
import type { KeyedRequestStore } from './store.ts';

/** Longer than a request takes: who waits for its answer has given up by then, and whoever holds it has died. */
const CLAIMED_MS = 60_000;
const KEPT_MS = 86_400_000;
const MOST_KEPT = 10_000;

/** Which request an actor object stands for. */
interface Mark {
  readonly id: string;
  readonly attempt: number;
}
const marks = new WeakMap<Actor, Mark>();

export function keyedRequestsOn(run: Run): KeyedRequestStore {
  return {
    async claim(request, by) {
      const { attempt, found } = await run((database) => database.transaction((tx) => claimIn(tx, request)));
      if (attempt !== null) marks.set(by, { id: request.id, attempt });
      return found;
    },
    keep: (by, answer) =>
      run(async (database) => {
        const isOwn = ownRow(by);
        if (isOwn === null) return;
        await database
          .update(keyedRequests)
          .set(answer === null ? { claimedUntil: NOW } : { ...answer, claimedUntil: NOW })
          .where(isOwn);
      }),
    release: (by) =>
      run(async (database) => {
        const isOwn = ownRow(by);
        if (isOwn === null) return;
        // Waits for a transaction that still marks it; one that comes later finds no row, and is undone.
        await database.delete(keyedRequests).where(and(isOwn, isNull(keyedRequests.seq)));
        await database
          .update(keyedRequests)
          .set({ claimedUntil: NOW })
          .where(and(isOwn, isNotNull(keyedRequests.seq)));
      }),
    forget: () =>
      run(async (database) => {
        await database.delete(keyedRequests).where(lt(keyedRequests.createdAt, fromNow(-KEPT_MS)));
        const beyond = database
          .select({ id: keyedRequests.id })
          .from(keyedRequests)
          .orderBy(desc(keyedRequests.createdAt))
          .offset(MOST_KEPT);
        await database
          .delete(keyedRequests)
          .where(and(inArray(keyedRequests.id, beyond), lt(keyedRequests.claimedUntil, NOW)));
      }),
  };
}

/**
 * In the transaction of a deed, after its audit entries: it stands together with its mark. Throws where the request was given up
 * meanwhile, so that it is not done a second time.
 */
export async function markDone(tx: Database, actors: ReadonlySet<Actor>, seq: number): Promise<void> {
  for (const actor of actors) {
    const isOwn = ownRow(actor);
    if (isOwn === null) continue;
    const marked = await tx.update(keyedRequests).set({ seq }).where(isOwn).returning({ id: keyedRequests.id });
    if (marked.length === 0) {
      throw new Problem('conflict', 'This request took so long that it was sent again, and by itself changed nothing.');
    }
  }
}

function ownRow(by: Actor) {
  const mark = marks.get(by);
  return mark ? and(eq(keyedRequests.id, mark.id), eq(keyedRequests.attempt, mark.attempt)) : null;
}

/** `attempt` is null where nothing was claimed. */
async function claimIn(
  tx: Database,
  request: KeyedRequest,
): Promise<{ readonly attempt: number | null; readonly found: KeyClaim }> {
  const claimedUntil = fromNow(CLAIMED_MS);
  const [made] = await tx
    .insert(keyedRequests)
    .values({ ...request, claimedUntil })
    .onConflictDoNothing()
    .returning({ attempt: keyedRequests.attempt });
  if (made) return { attempt: made.attempt, found: { kind: 'claimed' } };

  const msUntil = (at: typeof keyedRequests.claimedUntil | typeof keyedRequests.createdAt) =>
    sql`extract(epoch from ${at} - ${NOW}) * 1000`.mapWith(Number);
  const [row] = await tx
    .select({
      operation: keyedRequests.operation,
      bodyHash: keyedRequests.bodyHash,
      attempt: keyedRequests.attempt,
      seq: keyedRequests.seq,
      status: keyedRequests.status,
      headers: keyedRequests.headers,
      body: keyedRequests.body,
      claimedMs: msUntil(keyedRequests.claimedUntil),
      bornMs: msUntil(keyedRequests.createdAt),
    })
    .from(keyedRequests)
    .where(eq(keyedRequests.id, request.id))
    .for('update');
  // Whoever had it has just let go of it.
  if (row === undefined) return { attempt: null, found: { kind: 'under-way', retryInMs: 1_000 } };

  const notClaimed = (found: KeyClaim) => ({ attempt: null, found });
  if (row.bornMs > -KEPT_MS) {
    if (row.operation !== request.operation || row.bodyHash !== request.bodyHash) {
      return notClaimed({ kind: 'another', operation: row.operation });
    }
    const { status, headers, body } = row;
    if (status !== null)
      return notClaimed({ kind: 'answered', answer: { status, headers: headers ?? {}, body: body ?? '' } });
    if (row.claimedMs > 0) return notClaimed({ kind: 'under-way', retryInMs: row.claimedMs });
    if (row.seq !== null) return notClaimed({ kind: 'done', seq: row.seq });
  }
  const attempt = row.attempt + 1;
  const unanswered = { seq: null, status: null, headers: null, body: null, createdAt: NOW };
  await tx
    .update(keyedRequests)
    .set({ ...request, ...unanswered, attempt, claimedUntil })
    .where(eq(keyedRequests.id, request.id));
  return { attempt, found: { kind: 'claimed' } };
}
