import type { Log } from '../problem/log.ts';
import { auditLog } from './audit.ts';
import { databaseNow } from './clock.ts';
import { consumerLedgerOn } from './consumer-ledger.ts';
import { consumerList } from './consumers.ts';
import type { DatabaseConnection } from './database.ts';
import { doorOf } from './door.ts';
import { faultOf } from './fault.ts';
import { keyedRequestsOn } from './keyed-requests.ts';
import { dropLease, leaseOn } from './lease.ts';
import { outboxOn } from './outbox.ts';
import { rolloutStore } from './rollouts.ts';
import { secretCheckOn } from './secret-check.ts';
import { stableStore } from './stables.ts';
import type { Store } from './store.ts';
import { tokenStore } from './tokens.ts';
import { trailsOn } from './trails.ts';
import { unitHistoryOn } from './unit-history.ts';

/** Postgres if a URL is given, otherwise the embedded database in a folder that one process uses at a time. */
export type StoreOptions = { readonly databaseUrl: string } | { readonly dataFolder: string };

/** Longer than the statement timeout of Postgres, so that a live server always answers first. */
const DEADLINE_MS = 15_000;

const SILENT: Log = () => {};

/**
 * Opens the database and brings its tables up to date. Throws Problem('data-folder-in-use') when another process has
 * the folder, Problem('unavailable') when the database cannot be reached. Later failures are logged.
 */
export async function openStore(options: StoreOptions, log: Log = SILENT): Promise<Store> {
  const connection = await openConnection(options, log);
  if ('dataFolder' in options) await dropLease(connection.database());
  return storeOn(connection);
}

/** The drivers are loaded on demand: the embedded one is large. */
export async function openConnection(options: StoreOptions, log: Log = SILENT): Promise<DatabaseConnection> {
  try {
    if ('databaseUrl' in options) {
      const { openPostgres } = await import('./postgres/postgres.ts');
      return await openPostgres(options.databaseUrl);
    }
    const { openEmbedded } = await import('./embedded/embedded.ts');
    return await openEmbedded(options.dataFolder, log);
  } catch (thrown) {
    throw faultOf(thrown);
  }
}

export function storeOn(connection: DatabaseConnection, deadlineMs: number = DEADLINE_MS): Store {
  const door = doorOf(connection, deadlineMs);
  const { run } = door;
  return {
    rollouts: rolloutStore(run),
    trails: trailsOn(run),
    audit: auditLog(run),
    outbox: outboxOn(run),
    lease: leaseOn(run),
    consumers: consumerList(run),
    consumerLedger: consumerLedgerOn(run),
    tokens: tokenStore(run),
    stables: stableStore(run),
    secretCheck: secretCheckOn(run),
    unitHistory: unitHistoryOn(run),
    keyedRequests: keyedRequestsOn(run),
    now: () => run(databaseNow),
    close: () => door.close(),
  };
}
