import { Problem } from '../problem/problem.ts';
import { fromNow, NOW } from './clock.ts';
import type { Database, Run } from './database.ts';
import { and, eq, sql } from './drizzle.ts';
import { lease } from './schema.ts';
import type { Lease } from './store.ts';

/** One lease covers everything: there is a single leader. */
const NAME = 'controller';

export function leaseOn(run: Run): Lease {
  return {
    hold: (holder, ttlMs) =>
      run(async (database) => {
        const expiresAt = fromNow(ttlMs);
        const renewed = sql`${lease.holder} = ${holder} and ${lease.expiresAt} > ${NOW}`;
        const [held] = await database
          .insert(lease)
          .values({ name: NAME, holder, epoch: 1, expiresAt })
          .onConflictDoUpdate({
            target: lease.name,
            set: { holder, expiresAt, epoch: sql`${lease.epoch} + case when ${renewed} then 0 else 1 end` },
            // No holder asks for more than its ttl: a lease that ends later was taken before the clock was set back.
            setWhere: sql`${lease.holder} = ${holder} or ${lease.expiresAt} <= ${NOW} or ${lease.expiresAt} > ${fromNow(2 * ttlMs)}`,
          })
          .returning({ epoch: lease.epoch });
        return held ?? null;
      }),
    release: (holder) =>
      run(async (database) => {
        await database
          .update(lease)
          .set({ expiresAt: sql`'-infinity'` })
          .where(and(eq(lease.name, NAME), eq(lease.holder, holder)));
      }),
  };
}

/** Ends the lease: only one process can use the folder of an embedded database, so any other holder is dead. */
export async function dropLease(database: Database): Promise<void> {
  await database.update(lease).set({ expiresAt: sql`'-infinity'` }).where(eq(lease.name, NAME));
}

/**
 * Throws Problem('stale') unless `epoch` is the newest. The shared lock keeps the lease from changing hands until
 * `tx` has ended, so that no write by an old leader follows the first write of a new one.
 */
export async function refuseOldEpoch(tx: Database, epoch: number): Promise<void> {
  const [held] = await tx.select({ epoch: lease.epoch }).from(lease).where(eq(lease.name, NAME)).for('share');
  if (held?.epoch !== epoch) throw new Problem('stale', `The lease has moved on from epoch ${epoch}.`);
}
