import { statfsSync } from 'node:fs';
import process from 'node:process';
import { joinLock } from './folder-lock.ts';

/** Signals that a terminal or a service manager sends to every process of Serin: the database ends only when Serin says so. */
const LEFT_TO_THE_PARENT = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface EmbeddedMember {
  readonly dataFolder: string;
  /** Releases the folder and ends this process. */
  leave(code: 0 | 1): Promise<never>;
}

/** Makes this process a member of a running Serin: it joins the lock of the data folder, or exits at once. */
export async function becomeMember(title: string): Promise<EmbeddedMember> {
  for (const signal of LEFT_TO_THE_PARENT) process.on(signal, () => {});
  process.title = title;
  const [dataFolder, claim] = process.argv.slice(2);
  if (dataFolder === undefined || claim === undefined || !process.send) {
    throw new Error('This program is started by Serin, with a data folder and a claim.');
  }
  const lock = await joinLock(dataFolder, claim);
  if (lock === null) process.exit(1);
  return {
    dataFolder,
    async leave(code) {
      await lock.release();
      process.exit(code);
    },
  };
}

/** What is reported to Serin; if Serin is gone by now, 'disconnect' says so. */
export function tell(message: object): void {
  process.send?.(message, () => {});
}

/** A new database takes 30 MB; opening one sometimes takes 1 MB more. */
const LITTLE_SPACE_BYTES = 40 * 1024 * 1024;

/** Why the database could not be opened or created: Postgres's own last words, without the time and the process id. */
export function reasonOf(thrown: unknown, { dataFolder }: EmbeddedMember, lastWords: string): string {
  const words = lastWords.replace(/^[\d-]+ [\d:.]+ \S+ \[\d+\] /, '').trim();
  if (words !== '') return words;
  const { bavail, bsize } = statfsSync(dataFolder);
  // PGlite aborts without a message.
  if (bavail * bsize < LITTLE_SPACE_BYTES) return 'no space is left on the disk: a new database takes 40 MB';
  return thrown instanceof Error ? thrown.message : String(thrown);
}
