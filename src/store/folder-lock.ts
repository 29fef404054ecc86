import { randomBytes, randomInt } from 'node:crypto';
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Problem } from '../problem/problem.ts';
import { processStart } from './process-identity.ts';

/** `<pid>-<start time>-<nonce>`: all there is to know is in the name, so a claim is never seen half-written. */
const CLAIM = /^(\d+)-([A-Za-z0-9]+)-[0-9a-f]{16}$/;

/** Two that claim at the same moment both step back, and try again after a time drawn at random. */
const ATTEMPTS = 10;
const STEP_BACK_MS = { min: 5, max: 50 };

export interface FolderLock {
  release(): Promise<void>;
}

/**
 * Makes this opener the only one of `dataFolder`, or throws Problem('data-folder-in-use').
 *
 * Announce, then look: an opener first creates a claim of its own in `<dataFolder>/lock`, then looks for the claims of
 * others. Of two openers the one that looks later sees the other's claim, so never do both succeed. A claim goes when
 * its opener releases it, or when its process is found dead; never by age. No name is used twice, so clearing a dead
 * claim cannot hit a living one. It holds among processes that see each other's process ids: those of one machine, or
 * of one container.
 */
export async function lockFolder(dataFolder: string): Promise<FolderLock> {
  const folder = join(dataFolder, 'lock');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const start = (await processStart(process.pid)) ?? 'unknown';

  for (let attempt = 1; ; attempt += 1) {
    const claim = `${process.pid}-${start}-${randomBytes(8).toString('hex')}`;
    await announce(join(folder, claim));
    const rival = await livingRival(folder, claim);
    const release = () => rm(join(folder, claim), { force: true });
    if (rival === null) return { release };
    await release();
    if (attempt === ATTEMPTS) {
      throw new Problem('data-folder-in-use', `The data folder ${dataFolder} is in use by process ${rival}.`);
    }
    await delay(randomInt(STEP_BACK_MS.min, STEP_BACK_MS.max));
  }
}

async function announce(path: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  await file.close();
}

/** The process id of another opener that lives, or null; clears the claims of dead ones. */
async function livingRival(folder: string, own: string): Promise<number | null> {
  for (const name of await readdir(folder)) {
    const [, pid, start] = CLAIM.exec(name) ?? [];
    if (pid === undefined || start === undefined || name === own) continue;
    if (await lives(Number(pid), start)) return Number(pid);
    await rm(join(folder, name), { force: true });
  }
  return null;
}

async function lives(pid: number, start: string): Promise<boolean> {
  const found = await processStart(pid);
  if (found === null) return false;
  return found === start || found === 'unknown' || start === 'unknown';
}
