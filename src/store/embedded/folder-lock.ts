import { randomBytes, randomInt } from 'node:crypto';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Problem } from '../../problem/problem.ts';
import { processStart } from './process-identity.ts';

/**
 * `<pid>-<start time>-<nonce>-<inode of the folder lock>`: the name holds everything, so a claim is never seen
 * half-written. The inode tells a copy of the folder from the original; a claim without an inode is valid anywhere.
 * The device is left out: one folder can have several devices, through several mounts.
 */
const CLAIM = /^(\d+)-([A-Za-z0-9]+)-([0-9a-f]{16})(?:-(\d+))?(\.database)?$/;

/** Two openers that claim at the same moment both step back, and retry after a random delay. */
const ATTEMPTS = 10;
const STEP_BACK_MS = { min: 5, max: 50 };

/** A database process whose Serin was killed finishes its statement and closes the database within this time. */
const ORPHAN_MS = 10_000;

interface Claim {
  readonly name: string;
  readonly pid: number;
  readonly start: string;
  readonly nonce: string;
  /** Null if the claim does not say. */
  readonly inode: string | null;
  readonly holder: 'serin' | 'database';
}

export interface FolderLock {
  /** The name of the claim, which the database process joins. */
  readonly claim: string;
  release(): Promise<void>;
}

/**
 * Makes this opener the only one of `dataFolder`, or throws Problem('data-folder-in-use').
 *
 * Announce, then look: an opener first creates its own claim in `<dataFolder>/lock`, then looks for other claims. Of
 * two openers the one that looks later sees the other's claim, so both can never succeed. A claim is removed when
 * its opener releases it, or when its process is found dead; never by age. No name is used twice, so clearing a dead
 * claim cannot hit a live one. The lock works among processes that see each other's process ids: those of one machine,
 * or of one container.
 *
 * The database runs in a process of its own, which joins the opener's claim (`joinLock`) and outlives a killed opener
 * for as long as it takes to close the database. The next opener waits for it.
 */
export async function lockFolder(dataFolder: string, orphanMs: number = ORPHAN_MS): Promise<FolderLock> {
  const folder = join(dataFolder, 'lock');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const start = await ownStart();
  const deadline = performance.now() + orphanMs;

  for (let attempt = 1; ; ) {
    const claim = `${process.pid}-${start}-${randomBytes(8).toString('hex')}-${await inodeOf(folder)}`;
    const release = await announce(join(folder, claim));
    const rivals = await livingClaims(folder, claim);
    if (rivals.length === 0) return { claim, release };
    await release();

    const openers = rivals.filter(({ holder }) => holder === 'serin');
    const orphan = rivals.find(
      ({ holder, nonce }) => holder === 'database' && !openers.some((opener) => opener.nonce === nonce),
    );
    if (orphan && performance.now() >= deadline) {
      throw new Problem(
        'data-folder-in-use',
        `The data folder ${dataFolder} is in use by process ${orphan.pid}, the database of a Serin that has ended.`,
      );
    }
    if (!orphan && attempt === ATTEMPTS) {
      throw new Problem('data-folder-in-use', `The data folder ${dataFolder} is in use by process ${openers[0]?.pid}.`);
    }
    attempt = orphan ? 1 : attempt + 1;
    await delay(randomInt(STEP_BACK_MS.min, STEP_BACK_MS.max));
  }
}

/**
 * Makes this process a holder of the lock, alongside the opener whose claim is given; null when that opener has died or
 * another database process has the folder. A process that finds the opener dead after this one has announced itself finds
 * this one alive; one that found it dead before makes this one find it dead too.
 */
export async function joinLock(dataFolder: string, openersClaim: string): Promise<FolderLock | null> {
  const folder = join(dataFolder, 'lock');
  const nonce = CLAIM.exec(openersClaim)?.[3];
  if (nonce === undefined) return null;
  const claim = `${process.pid}-${await ownStart()}-${nonce}-${await inodeOf(folder)}.database`;
  const release = await announce(join(folder, claim));
  const deadline = performance.now() + ORPHAN_MS;
  for (;;) {
    const others = await livingClaims(folder, claim);
    const hasOpener = others.some(({ name }) => name === openersClaim);
    const hasRival = others.some(({ holder }) => holder === 'database');
    if (hasOpener && !hasRival) return { claim, release };
    if (!hasOpener || performance.now() >= deadline) {
      await release();
      return null;
    }
    await delay(STEP_BACK_MS.min);
  }
}

async function ownStart(): Promise<string> {
  return (await processStart(process.pid)) ?? 'unknown';
}

async function inodeOf(folder: string): Promise<string> {
  return String((await stat(folder, { bigint: true })).ino);
}

async function announce(path: string): Promise<() => Promise<void>> {
  const file = await open(path, 'wx', 0o600);
  await file.close();
  return () => rm(path, { force: true });
}

/** The live claims of other processes; clears dead ones, and those that came with a copied folder. */
async function livingClaims(folder: string, own: string): Promise<readonly Claim[]> {
  const living: Claim[] = [];
  const here = await inodeOf(folder);
  for (const name of await readdir(folder)) {
    const [, pid, start, nonce, inode = null, suffix] = CLAIM.exec(name) ?? [];
    if (pid === undefined || start === undefined || nonce === undefined || name === own) continue;
    const claim: Claim = { name, pid: Number(pid), start, nonce, inode, holder: suffix ? 'database' : 'serin' };
    const isOfCopy = inode !== null && inode !== here;
    if (!isOfCopy && (await lives(claim))) living.push(claim);
    else await rm(join(folder, name), { force: true });
  }
  return living;
}

async function lives({ pid, start }: Claim): Promise<boolean> {
  const found = await processStart(pid);
  if (found === null) return false;
  return found === start || found === 'unknown' || start === 'unknown';
}
