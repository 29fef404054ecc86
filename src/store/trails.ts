import { lengthenRows, TRAIL_KEPT_MS, type TrailChange } from '../rollout/so-far/trail.ts';
import { databaseNow } from './clock.ts';
import type { Database, Run } from './database.ts';
import { and, asc, eq, inArray, sql } from './drizzle.ts';
import { isUuid } from './identifier.ts';
import { rollouts, trail } from './schema.ts';
import type { Trails } from './store.ts';

export function trailsOn(run: Run): Trails {
  return {
    read: (rolloutId) =>
      run(async (database) => (isUuid(rolloutId) ? (await rowsOf(database, rolloutId)).map(({ row }) => row) : [])),
    forget: () =>
      run(async (database) => {
        const before = (await databaseNow(database)) - TRAIL_KEPT_MS;
        const ended = database
          .select({ id: rollouts.id })
          .from(rollouts)
          // Not as a number: a damaged record must not keep the others.
          .where(
            and(
              eq(rollouts.active, false),
              sql`jsonb_path_exists(${rollouts.state}, '$.endedAt ? (@ < $before)', jsonb_build_object('before', ${before}::bigint))`,
            ),
          );
        await database.delete(trail).where(inArray(trail.rolloutId, ended));
      }),
  };
}

/**
 * Writes the row of a look as part of the statement that it is given to (`tx.with`). Written again, it leaves the same rows. Where the
 * rows double their length, those that are there do so at once.
 */
export async function trailWrite(tx: Database, rolloutId: string, { look, row, rowLooks, doubles }: TrailChange) {
  if (doubles) await doubleRows(tx, rolloutId, rowLooks);
  const write = tx
    .insert(trail)
    .values({ rolloutId, look, row })
    .onConflictDoUpdate({ target: [trail.rolloutId, trail.look], set: { row } })
    .returning({ look: trail.look });
  return tx.$with('drawn').as(write);
}

async function doubleRows(tx: Database, rolloutId: string, rowLooks: number): Promise<void> {
  const rows = lengthenRows(await rowsOf(tx, rolloutId), rowLooks);
  await tx.delete(trail).where(eq(trail.rolloutId, rolloutId));
  if (rows.length > 0) await tx.insert(trail).values(rows.map((placed) => ({ rolloutId, ...placed })));
}

function rowsOf(database: Database, rolloutId: string) {
  return database
    .select({ look: trail.look, row: trail.row })
    .from(trail)
    .where(eq(trail.rolloutId, rolloutId))
    .orderBy(asc(trail.look));
}
