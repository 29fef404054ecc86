import { fileURLToPath } from 'node:url';
import type { PgliteDatabase } from 'drizzle-orm/pglite';
import type { Sql } from 'postgres';
import { drizzlePglite, drizzlePostgres } from './drizzle.ts';

/** At the package's root, at the same distance from src/store and dist/store. */
const migrationsFolder = fileURLToPath(new URL('../../drizzle', import.meta.url));

/** "serin" in ASCII: the key of the advisory lock that replicas starting together queue for. */
const MIGRATION_LOCK = 0x73_65_72_69_6e;

/**
 * Everything in one transaction, including the lock: behind a pooler in transaction mode, a session lock would stay with
 * a connection that another client is using by then.
 */
export async function migratePostgres(client: Sql): Promise<void> {
  const { drizzle, migrate } = drizzlePostgres();
  await client.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${MIGRATION_LOCK})`;
    // Drizzle begins its own transaction, which becomes a savepoint of this one.
    const inside = Object.assign(tx, { options: client.options, begin: tx.savepoint.bind(tx) });
    await migrate(drizzle({ client: inside as unknown as Sql }), { migrationsFolder });
  });
}

/** The folder's lock already keeps every other process out. */
export function migrateEmbedded(database: PgliteDatabase): Promise<void> {
  return drizzlePglite().migrate(database, { migrationsFolder });
}
