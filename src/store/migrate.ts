import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { migrate as migratePglite } from 'drizzle-orm/pglite/migrator';
import { migrate as migratePostgresJs } from 'drizzle-orm/postgres-js/migrator';

/** At the package's root, equally far from src/store and from dist/store. */
const migrationsFolder = fileURLToPath(new URL('../../drizzle', import.meta.url));

/** "serin" in ASCII: the key of the advisory lock that replicas starting together queue for. */
const MIGRATION_LOCK = 0x73_65_72_69_6e;

/** `single` has one connection only, because an advisory lock belongs to the connection that took it. */
export async function migratePostgres(single: Parameters<typeof migratePostgresJs>[0]): Promise<void> {
  await single.execute(sql`select pg_advisory_lock(${MIGRATION_LOCK})`);
  await migratePostgresJs(single, { migrationsFolder });
  await single.execute(sql`select pg_advisory_unlock(${MIGRATION_LOCK})`);
}

/** The folder's lock has kept everybody else out already. */
export function migrateEmbedded(database: Parameters<typeof migratePglite>[0]): Promise<void> {
  return migratePglite(database, { migrationsFolder });
}
