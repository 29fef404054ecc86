import type { Message, MessageKind } from '../rollout/message.ts';
import { fromNow, NOW } from './clock.ts';
import type { Database, Run } from './database.ts';
import { and, asc, desc, eq, gt, isNull, lt, lte, or, sql } from './drizzle.ts';
import { outbox } from './schema.ts';
import type { Outbox } from './store.ts';

/** A channel's answer may be long; its beginning is what matters. */
const LONGEST_ERROR = 500;

const waiting = and(isNull(outbox.deliveredAt), isNull(outbox.rejectedAt));

/** In the transaction of the decision: the message is sent if and only if the decision is committed. */
export async function enqueue(
  tx: Database,
  deliveries: readonly { readonly channel: string; readonly message: Message }[],
): Promise<void> {
  if (deliveries.length === 0) return;
  await tx
    .insert(outbox)
    .values(deliveries.map(({ channel, message }) => ({ id: `${message.id}/${channel}`, channel, message })));
}

export function outboxOn(run: Run): Outbox {
  return {
    ofRollout: (rolloutId, limit) =>
      run(async (database) => {
        const id = rolloutId.toLowerCase();
        const at = sql<string>`${outbox.message} ->> 'at'`;
        const rows = await database
          .select({
            kind: sql<MessageKind>`${outbox.message} ->> 'kind'`,
            channel: outbox.channel,
            at,
            deliveredAt: outbox.deliveredAt,
            rejectedAt: outbox.rejectedAt,
            lastError: outbox.lastError,
          })
          .from(outbox)
          // The ids of its messages begin with its own: without these bounds the whole table would be read.
          .where(and(gt(outbox.id, id), lt(outbox.id, `${id}zzzz`), eq(sql`${outbox.message} ->> 'rolloutId'`, id)))
          .orderBy(desc(at), desc(outbox.id))
          .limit(limit);
        return rows.map(({ at: decidedAt, deliveredAt, rejectedAt, ...row }) => ({
          ...row,
          at: Date.parse(decidedAt),
          deliveredAt: deliveredAt?.getTime() ?? null,
          rejectedAt: rejectedAt?.getTime() ?? null,
        }));
      }),
    due: (limit) =>
      run((database) =>
        database
          .select({ id: outbox.id, channel: outbox.channel, message: outbox.message, attempts: outbox.attempts })
          .from(outbox)
          // A new message is due whatever the clock says: the clock may have been set back.
          .where(and(waiting, or(eq(outbox.attempts, 0), lte(outbox.nextAt, NOW))))
          .orderBy(asc(outbox.nextAt), asc(outbox.id))
          .limit(limit),
      ),
    settle: (id, outcome) =>
      run(async (database) => {
        await database
          .update(outbox)
          .set({ attempts: sql`${outbox.attempts} + 1`, ...settled(outcome) })
          .where(and(eq(outbox.id, id), waiting));
      }),
    counts: () =>
      run(async (database) => {
        const [row] = await database
          .select({
            waiting: sql`count(*) filter (where ${waiting})`.mapWith(Number),
            delivered: sql`count(${outbox.deliveredAt})`.mapWith(Number),
            rejected: sql`count(${outbox.rejectedAt})`.mapWith(Number),
            oldest: sql<string | null>`min(${outbox.message} ->> 'at') filter (where ${waiting})`,
          })
          .from(outbox);
        if (!row) return { waiting: 0, delivered: 0, rejected: 0, oldestWaitingAt: null };
        const { oldest, ...counts } = row;
        return { ...counts, oldestWaitingAt: oldest === null ? null : Date.parse(oldest) };
      }),
    channels: () =>
      run((database) =>
        database
          .select({
            channel: outbox.channel,
            waiting: sql`count(*) filter (where ${waiting})`.mapWith(Number),
            delivered: sql`count(${outbox.deliveredAt})`.mapWith(Number),
            rejected: sql`count(${outbox.rejectedAt})`.mapWith(Number),
            // Every attempt for a settled message has failed, except the last.
            failed:
              sql`coalesce(sum(${outbox.attempts}), 0) - count(${outbox.deliveredAt}) - count(${outbox.rejectedAt})`.mapWith(
                Number,
              ),
          })
          .from(outbox)
          .groupBy(outbox.channel)
          .orderBy(asc(outbox.channel)),
      ),
  };
}

function settled(outcome: Parameters<Outbox['settle']>[1]) {
  switch (outcome.kind) {
    case 'delivered':
      return { deliveredAt: NOW, lastError: null };
    case 'rejected':
      return { rejectedAt: NOW, lastError: outcome.reason.slice(0, LONGEST_ERROR) };
    case 'failed':
      return { nextAt: fromNow(outcome.retryInMs), lastError: outcome.reason.slice(0, LONGEST_ERROR) };
  }
}
