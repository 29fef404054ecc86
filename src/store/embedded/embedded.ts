import { existsSync, statSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import type { PGlite } from '@electric-sql/pglite';
import type { Log } from '../../problem/log.ts';
import { Problem } from '../../problem/problem.ts';
import type { DatabaseConnection } from '../database.ts';
import { drizzlePglite } from '../drizzle.ts';
import { migrateEmbedded } from '../migrate.ts';
import { type EmbeddedKeeper, keepEmbedded } from './embedded-keeper.ts';
import type { EmbeddedProcess } from './embedded-process.ts';
import { type FolderLock, lockFolder } from './folder-lock.ts';

/**
 * PGlite has neither autovacuum nor a checkpointer. After this many transactions we vacuum the tables whose rows are
 * overwritten, and release the write-ahead log up to this point.
 */
const TRANSACTIONS_PER_CLEARING = 100;
const CLEARING = ['vacuum evidence, trail, rollouts, outbox, lease, audit_head', 'checkpoint'];

type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

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
 * Opens (or creates) the database in `<dataFolder>/database`, and migrates it. It survives a crash of this process or of
 * its own at any moment; PGlite runs without fsync, so a power failure may cost the last commits.
 */
export async function openEmbedded(dataFolder: string, log: Log): Promise<DatabaseConnection> {
  const lock = await lockFolder(dataFolder).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === undefined || thrown instanceof Problem) throw thrown;
    const isFile = statSync(dataFolder, { throwIfNoEntry: false })?.isFile();
    if (isFile)
      throw new Problem('unavailable', `The data folder ${dataFolder} is a file, not a folder.`, { cause: thrown });
    const message = `The data folder ${dataFolder} cannot be ${existsSync(dataFolder) ? 'written' : 'made'} (${thrown.code}).`;
    throw new Problem('unavailable', message, { cause: thrown });
  });
  try {
    return await openLocked(dataFolder, lock, log);
  } catch (thrown) {
    await lock.release();
    throw thrown;
  }
}

async function openLocked(dataFolder: string, lock: FolderLock, log: Log): Promise<DatabaseConnection> {
  const keeper = await keepEmbedded({ dataFolder, claim: lock.claim }, log);
  const inTurn = taking();
  const database = drizzlePglite().drizzle({ client: clientOf(keeper, inTurn) as unknown as PGlite });
  try {
    // PGlite creates world-readable and world-writable files, and the parent folder may be open to all users.
    await chmod(join(dataFolder, 'database'), 0o700);
    await migrateEmbedded(database);
  } catch (thrown) {
    await keeper.close();
    throw thrown;
  }
  return {
    // Its statements take turns.
    atOnce: Infinity,
    database: () => database,
    renew: () => keeper.renew(),
    close: () =>
      inTurn(async () => {
        await keeper.close();
        await lock.release();
      }),
  };
}

/** All callers share one connection, so statements and whole transactions take turns. */
function clientOf(keeper: EmbeddedKeeper, inTurn: InTurn): Client {
  let transactions = 0;

  const queryOn =
    (running: EmbeddedProcess): Client['query'] =>
    async (text, params = [], { rowMode = 'object' } = {}) => ({
      rows: await running.ask({ kind: 'query', text, params, rowMode }),
    });

  /** On one process from begin to commit: if it moved to the next one, its statements would not be in a transaction. */
  const transaction: Client['transaction'] = async (work) => {
    const query = queryOn(keeper.process());
    await query('begin');
    try {
      const result = await work({ query });
      await query('commit');
      return result;
    } catch (thrown) {
      await query('rollback');
      throw thrown;
    } finally {
      await clearWhenDue(query);
    }
  };

  async function clearWhenDue(query: Client['query']): Promise<void> {
    transactions += 1;
    if (transactions % TRANSACTIONS_PER_CLEARING > 0) return;
    try {
      for (const statement of CLEARING) await query(statement);
    } catch {
      // Whatever could not be vacuumed is left for the next time; the previous transaction has already ended.
    }
  }

  return {
    query: (text, params, options) => inTurn(() => queryOn(keeper.process())(text, params, options)),
    transaction: (work) => inTurn(() => transaction(work)),
  };
}

/** Runs tasks one after the other, in the order they arrived; a failure does not stop the next. */
export function taking(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
}
