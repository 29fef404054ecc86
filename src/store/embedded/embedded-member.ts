import { statfsSync } from 'node:fs';
import process from 'node:process';
import { joinLock } from './folder-lock.ts';

/** What a terminal or a service manager sends to every process of Serin: the database ends when Serin says so. */
const LEFT_TO_THE_PARENT = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface EmbeddedMember {
  readonly dataFolder: string;
  /** Releases the folder and ends this process. */
  leave(code: 0 | 1): Promise<never>;
}

/** Makes this process one of a Serin's: it takes part in the lock of the data folder, or ends at once. */
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

/** What Serin is told; it may be gone by now, which 'disconnect' tells. */
export function tell(message: object): void {
  process.send?.(message, () => {});
}

/** A new database takes 30 MB, and what is opened 1 MB more at times. */
const LITTLE_SPACE_BYTES = 40 * 1024 * 1024;

/** Why the database could not be opened or made: Postgres's own last words, without the time and the process. */
export function reasonOf(thrown: unknown, { dataFolder }: EmbeddedMember, lastWords: string): string {
  const words = lastWords.replace(/^[\d-]+ [\d:.]+ \S+ \[\d+\] /, '').trim();
  if (words !== '') return words;
  const { bavail, bsize } = statfsSync(dataFolder);
  // PGlite aborts without a word.
  if (bavail * bsize < LITTLE_SPACE_BYTES) return 'no space is left on the disk: a new database takes 40 MB';
  return thrown instanceof Error ? thrown.message : String(thrown);
}
