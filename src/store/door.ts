import { Problem } from '../problem/problem.ts';
import type { Database, DatabaseConnection, Run } from './database.ts';
import { faultOf, isConnectionLost } from './fault.ts';

export interface Door {
  readonly run: Run;
  /** Accepts no more work, waits for the work in progress, and closes the connection. */
  close(): Promise<void>;
}

/**
 * Work whose answer is overdue is abandoned: its outcome is unknown, which is why `commit` may be repeated. A peer that
 * vanished silently would otherwise hold a connection for as long as TCP keeps trying (15 min on Linux).
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
        // The caller has stopped waiting for it.
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

/** Runs at most `count` tasks at once; the others queue in the order they arrived. */
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
