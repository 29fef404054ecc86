import { fileURLToPath } from 'node:url';
import type { PgliteDatabase } from 'drizzle-orm/pglite';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import { drizzlePglite, drizzlePostgres, sql } from './drizzle.ts';

/** At the package's root, equally far from src/store and from dist/store. */
const migrationsFolder = fileURLToPath(new URL('../../drizzle', import.meta.url));

/** "serin" in ASCII: the key of the advisory lock that replicas starting together queue for. */
const MIGRATION_LOCK = 0x73_65_72_69_6e;

/** `single` has one connection only, because an advisory lock belongs to the connection that took it. */
export async function migratePostgres(single: PostgresJsDatabase): Promise<void> {
  await single.execute(sql`select pg_advisory_lock(${MIGRATION_LOCK})`);
  await drizzlePostgres().migrate(single, { migrationsFolder });
  await single.execute(sql`select pg_advisory_unlock(${MIGRATION_LOCK})`);
}

/** The folder's lock has kept everybody else out already. */
export function migrateEmbedded(database: PgliteDatabase): Promise<void> {
  return drizzlePglite().migrate(database, { migrationsFolder });
}
