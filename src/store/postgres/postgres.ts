import postgres from 'postgres';
import { Problem } from '../../problem/problem.ts';
import type { Database, DatabaseConnection } from '../database.ts';
import { drizzlePostgres } from '../drizzle.ts';
import { codeOf } from '../fault.ts';
import { migratePostgres } from '../migrate.ts';
import { type DatabaseTarget, readDatabaseUrl } from './database-url.ts';
import { openingFault } from './opening-fault.ts';

/**
 * As many operations at once, each on an idle connection: postgres.js pipelines on a busy one, and a query
 * with parameters begins with Parse and Flush. PgBouncer (1.18, transaction mode) releases the server at the end of
 * the previous query; Bind would go to the next server, and nothing is answered any more.
 */
const AT_ONCE = 5;
/** A connection that is just closing is neither idle nor new; with this many, another one is always available. */
const POOL = 2 * AT_ONCE;
const STATEMENT_TIMEOUT_MS = 10_000;
/** Waiting for another replica's migration counts as one statement. */
const MIGRATION_TIMEOUT_MS = 120_000;
/** Work in progress gets this long to finish when its connection is closed. */
const CLOSE_TIMEOUT_S = 5;

const PROTOCOL_VIOLATION = '08P01';

const asText = (value: string) => value;

// Drizzle parses documents itself: a driver that does so too would parse the string "1" into a number.
const DOCUMENT = { to: 3802, from: [114, 3802], serialize: asText, parse: asText };

/**
 * Where statement timeouts are set. In a connection's first message, for its whole life; PgBouncer and similar poolers
 * refuse such parameters, and in transaction mode a session setting would leak to another client: with those it is
 * set for each transaction.
 */
type TimeoutsSet = 'at the start' | 'in each transaction';

interface PoolOptions {
  readonly max: number;
  readonly statementTimeoutMs: number;
  readonly timeouts: TimeoutsSet;
}

function poolOf(target: DatabaseTarget, { max, statementTimeoutMs, timeouts }: PoolOptions) {
  const { hosts, user, password, database, tls, options, targetSessionAttrs } = target;
  const sql = postgres({
    // Lists, which its types do not know.
    host: hosts.map(({ host }) => host) as unknown as string,
    port: hosts.map(({ port }) => port) as unknown as number,
    ...(hosts[0]?.host.startsWith('/') ? { path: target.address } : {}),
    user,
    password,
    database,
    ssl: tls,
    ...(targetSessionAttrs === null ? {} : { target_session_attrs: targetSessionAttrs as 'read-write' }),
    max,
    connect_timeout: target.connectTimeoutS,
    idle_timeout: 60,
    // Named statements do not exist on a pooler's next server: postgres.js would prepare COMMIT again after the
    // error, in a transaction that is lost by then, and report it as committed.
    prepare: false,
    onnotice: () => {},
    // Arrays are not used, and looking their types up costs a round trip on every connection.
    fetch_types: false,
    types: { document: DOCUMENT },
    connection: {
      application_name: 'serin',
      TimeZone: 'UTC',
      DateStyle: 'ISO',
      ...(options === null ? {} : { options }),
      ...(timeouts === 'at the start'
        ? { statement_timeout: statementTimeoutMs, idle_in_transaction_session_timeout: statementTimeoutMs }
        : {}),
    },
  });
  return timeouts === 'at the start' ? sql : limitingTransactions(sql, statementTimeoutMs);
}

/** Costs a transaction one more round trip; a single statement relies on the door's deadline. */
function limitingTransactions<Pool extends ReturnType<typeof postgres>>(sql: Pool, timeoutMs: number): Pool {
  const begin = sql.begin.bind(sql) as (work: (tx: postgres.TransactionSql) => Promise<unknown>) => Promise<unknown>;
  const settings = ['statement_timeout', 'idle_in_transaction_session_timeout'];
  const limit = `select ${settings.map((name) => `set_config('${name}', '${timeoutMs}', true)`).join(', ')}`;
  return Object.assign(sql, {
    begin: (work: (tx: postgres.TransactionSql) => Promise<unknown>) =>
      begin(async (tx) => {
        await tx.unsafe(limit);
        return work(tx);
      }),
  });
}

/** Migrates the database at `databaseUrl` and opens a small pool of connections to it. Throws Problem. */
export async function openPostgres(databaseUrl: string): Promise<DatabaseConnection> {
  const target = readDatabaseUrl(databaseUrl, process.env);
  const timeouts = await migrated(target);
  const { drizzle } = drizzlePostgres();
  const open = () =>
    drizzle({ client: poolOf(target, { max: POOL, statementTimeoutMs: STATEMENT_TIMEOUT_MS, timeouts }) });
  let current = open();
  return {
    atOnce: AT_ONCE,
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

async function migrated(target: DatabaseTarget): Promise<TimeoutsSet> {
  try {
    await migrate(target, 'at the start');
    return 'at the start';
  } catch (thrown) {
    if (codeOf(thrown) !== PROTOCOL_VIOLATION) throw explained(thrown, target);
  }
  try {
    await migrate(target, 'in each transaction');
    return 'in each transaction';
  } catch (thrown) {
    throw explained(thrown, target);
  }
}

async function migrate(target: DatabaseTarget, timeouts: TimeoutsSet): Promise<void> {
  const single = poolOf(target, { max: 1, statementTimeoutMs: MIGRATION_TIMEOUT_MS, timeouts });
  try {
    await migratePostgres(single);
  } finally {
    await single.end({ timeout: CLOSE_TIMEOUT_S });
  }
}

function explained(thrown: unknown, target: DatabaseTarget): unknown {
  return thrown instanceof Problem ? thrown : (openingFault(thrown, target) ?? thrown);
}
