import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../problem/log.ts';
import { Problem } from '../../problem/problem.ts';
import { type EmbeddedPlace, type EmbeddedProcess, startEmbeddedProcess } from './embedded-process.ts';

const BACK_OFF_MS = { least: 100, most: 10_000 };

/** A process that ran at least this long resets the wait to the shortest one. */
const SETTLED_MS = 60_000;

/** Longer than any statement takes; a process that is stopped or starved does not answer at all. */
const SILENT_MS = 10_000;

/** Keeps one database process running. */
export interface EmbeddedKeeper {
  /** The running process, for a statement or a whole transaction. Throws Problem('unavailable') while there is none. */
  process(): EmbeddedProcess;
  /** An answer is overdue: a process that has been silent for too long is ended, and the next one started. */
  renew(): void;
  close(): Promise<void>;
}

/** Resolves when the first process has opened the database. Two never run at once: the next starts after the last has ended. */
export async function keepEmbedded(place: EmbeddedPlace, log: Log): Promise<EmbeddedKeeper> {
  const closing = new AbortController();
  let current: EmbeddedProcess | null = await startEmbeddedProcess(place, 'first');
  const kept = keep(current);

  async function keep(first: EmbeddedProcess): Promise<void> {
    let waitMs = BACK_OFF_MS.least;
    for (let running: EmbeddedProcess | null = first; running !== null; ) {
      const startedAt = performance.now();
      const how = await running.ended;
      current = null;
      if (closing.signal.aborted) return;
      log({ what: 'databaseEnded', level: 'error', how });
      if (performance.now() - startedAt > SETTLED_MS) waitMs = BACK_OFF_MS.least;
      running = await next();
    }

    async function next(): Promise<EmbeddedProcess | null> {
      for (;;) {
        await sleep(waitMs, undefined, { signal: closing.signal }).catch(() => {});
        waitMs = Math.min(waitMs * 2, BACK_OFF_MS.most);
        if (closing.signal.aborted) return null;
        try {
          const started = await startEmbeddedProcess(place, 'again');
          if (closing.signal.aborted) {
            await started.close();
            return null;
          }
          current = started;
          log({ what: 'databaseStarted', level: 'info' });
          return started;
        } catch (error) {
          log({ what: 'databaseNotStarted', level: 'error', error });
        }
      }
    }
  }

  return {
    process() {
      if (current) return current;
      throw new Problem('unavailable', 'The process of the embedded database has ended; it is being started anew.');
    },
    renew() {
      if (current && current.silentMs() > SILENT_MS) current.kill();
    },
    async close() {
      closing.abort();
      await current?.close();
      await kept;
    },
  };
}
