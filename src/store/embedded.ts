import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import type { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import { Problem } from '../problem/problem.ts';
import type { Connection } from './database.ts';
import { type EmbeddedThread, startEmbeddedThread } from './embedded-thread.ts';
import { lockFolder } from './folder-lock.ts';
import { migrateEmbedded } from './migrate.ts';
import { type InTurn, taking } from './turns.ts';

/**
 * PGlite has neither autovacuum nor a checkpointer: after this many transactions we clear what updates have left
 * behind in the tables whose rows are overwritten, and let go of the write-ahead log up to here.
 */
const TRANSACTIONS_PER_CLEARING = 100;
const CLEARING = ['vacuum evidence, rollouts, outbox, lease, audit_head', 'checkpoint'];

/** The part of PGlite that drizzle's driver calls. */
interface Client {
  query(
    text: string,
    params?: readonly unknown[],
    options?: { readonly rowMode?: 'array' | 'object' },
  ): Promise<{ readonly rows: readonly unknown[] }>;
  transaction<T>(work: (client: Pick<Client, 'query'>) => Promise<T>): Promise<T>;
}

/**
 * Opens (or makes) the database in `<dataFolder>/database`, and migrates it. It survives the death of the process at
 * any moment; PGlite runs without fsync, so a loss of power may cost the last commits.
 */
export async function openEmbedded(dataFolder: string): Promise<Connection> {
  const lock = await lockFolder(dataFolder);
  try {
    return await openLocked(join(dataFolder, 'database'), () => lock.release());
  } catch (thrown) {
    await lock.release();
    throw thrown;
  }
}

async function openLocked(folder: string, unlock: () => Promise<void>): Promise<Connection> {
  const thread = await startEmbeddedThread(folder).catch(() => {
    throw new Problem('unavailable', `The database in ${folder} cannot be opened.`);
  });
  // PGlite makes files that everybody may read and write, and the folder above may be an open one.
  await chmod(folder, 0o700);
  const inTurn = taking();
  const database = drizzle({ client: clientOf(thread, inTurn) as unknown as PGlite });
  try {
    await migrateEmbedded(database);
  } catch (thrown) {
    await thread.close();
    throw thrown;
  }
  return {
    database: () => database,
    renew: () => {},
    close: () =>
      inTurn(async () => {
        await thread.close();
        await unlock();
      }),
  };
}

/** One connection for everybody, so statements and whole transactions take turns. */
function clientOf(thread: EmbeddedThread, inTurn: InTurn): Client {
  let transactions = 0;

  const query: Client['query'] = async (text, params = [], { rowMode = 'object' } = {}) => ({
    rows: await thread.ask({ kind: 'query', text, params, rowMode }),
  });

  const transaction: Client['transaction'] = async (work) => {
    await query('begin');
    try {
      const result = await work({ query });
      await query('commit');
      return result;
    } catch (thrown) {
      await query('rollback');
      throw thrown;
    } finally {
      await clearWhenDue();
    }
  };

  async function clearWhenDue(): Promise<void> {
    transactions += 1;
    if (transactions % TRANSACTIONS_PER_CLEARING > 0) return;
    try {
      for (const statement of CLEARING) await query(statement);
    } catch {
      // What could not be cleared is left to the next time; the transaction before has ended by itself.
    }
  }

  return {
    query: (text, params, options) => inTurn(() => query(text, params, options)),
    transaction: (work) => inTurn(() => transaction(work)),
  };
}
