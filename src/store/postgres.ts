import postgres from 'postgres';
import type { Connection, Database } from './database.ts';
import { drizzlePostgres } from './drizzle.ts';
import { migratePostgres } from './migrate.ts';

const POOL = 5;
const STATEMENT_TIMEOUT_MS = 10_000;
/** Waiting for another replica's migration counts as one statement. */
const MIGRATION_TIMEOUT_MS = 120_000;
/** What is under way may end within this time when its connection is closed. */
const CLOSE_TIMEOUT_S = 5;

const asText = (value: string) => value;

// Drizzle parses documents itself: a driver that does so too would parse the string "1" into a number.
const DOCUMENT = { to: 3802, from: [114, 3802], serialize: asText, parse: asText };

interface PoolOptions {
  readonly max: number;
  readonly statementTimeoutMs: number;
}

function poolOf(databaseUrl: string, { max, statementTimeoutMs }: PoolOptions) {
  return postgres(databaseUrl, {
    max,
    connect_timeout: 5,
    idle_timeout: 60,
    onnotice: () => {},
    // Arrays are not used, and looking their types up costs a round trip on every connection.
    fetch_types: false,
    types: { document: DOCUMENT },
    connection: {
      application_name: 'serin',
      TimeZone: 'UTC',
      DateStyle: 'ISO',
      statement_timeout: statementTimeoutMs,
      idle_in_transaction_session_timeout: statementTimeoutMs,
    },
  });
}

/** Migrates the database at `databaseUrl` and opens a small pool of connections to it. */
export async function openPostgres(databaseUrl: string): Promise<Connection> {
  const { drizzle } = drizzlePostgres();
  const single = poolOf(databaseUrl, { max: 1, statementTimeoutMs: MIGRATION_TIMEOUT_MS });
  try {
    await migratePostgres(drizzle({ client: single }));
  } finally {
    await single.end({ timeout: CLOSE_TIMEOUT_S });
  }

  const open = () => drizzle({ client: poolOf(databaseUrl, { max: POOL, statementTimeoutMs: STATEMENT_TIMEOUT_MS }) });
  let current = open();
  return {
    database: () => current,
    renew(failed: Database) {
      if (failed !== current) return;
      const abandoned = current.$client;
      current = open();
      void abandoned.end({ timeout: CLOSE_TIMEOUT_S });
    },
    close: () => current.$client.end({ timeout: CLOSE_TIMEOUT_S }),
  };
}
