import { Problem } from '../problem/problem.ts';
import type { Database, DatabaseConnection, Run } from './database.ts';
import { faultOf, isConnectionLost } from './fault.ts';

export interface Door {
  readonly run: Run;
  /** Lets in nothing more, waits for the work that is under way, and closes the connection. */
  close(): Promise<void>;
}

/**
 * Work whose answer is overdue is given up: its outcome is unknown, which is why `commit` may be repeated. A peer
 * that has vanished without a word would otherwise hold a connection for as long as TCP tries (15 min on Linux).
 */
export function doorOf(connection: DatabaseConnection, deadlineMs: number): Door {
  const underWay = new Set<Promise<unknown>>();
  let closing: Promise<void> | null = null;

  const inSlot = slots(connection.atOnce);

  async function inTime<T>(work: (database: Database) => Promise<T>): Promise<T> {
    let database: Database | null = null;
    const overdue = Promise.withResolvers<never>();
    const late = new Problem('unavailable', `The database did not answer within ${deadlineMs} ms.`);
    let isOverdue = false;
    const timer = setTimeout(() => {
      isOverdue = true;
      if (database) connection.renew(database);
      overdue.reject(late);
    }, deadlineMs);
    try {
      const answer = inSlot(() => {
        // Nobody waits for it any more.
        if (isOverdue) throw late;
        database = connection.database();
        return Promise.race([work(database), overdue.promise]);
      });
      return await Promise.race([answer, overdue.promise]);
    } catch (thrown) {
      if (database && isConnectionLost(thrown)) connection.renew(database);
      throw faultOf(thrown);
    } finally {
      clearTimeout(timer);
    }
  }

  async function closeAfterwards(): Promise<void> {
    await Promise.allSettled(underWay);
    await connection.close();
  }

  return {
    async run(work) {
      if (closing) throw new Problem('unavailable', 'The store is closed.');
      const answer = inTime(work);
      underWay.add(answer);
      try {
        return await answer;
      } finally {
        underWay.delete(answer);
      }
    },
    close() {
      closing ??= closeAfterwards();
      return closing;
    },
  };
}

/** Runs at most `count` at once of what it is given; the others wait in the order of asking. */
function slots(count: number): <T>(work: () => Promise<T>) => Promise<T> {
  let free = count;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((granted) => waiting.push(granted));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
