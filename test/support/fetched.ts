import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cannotBeHad } from './require-service.ts';

/** Longer than any fetch may take. */
const LONGEST_MS = 700_000;

const CACHE = join(import.meta.dirname, '../../node_modules/.cache/serin');

/**
 * A folder of programs that the tests fetch where SERIN_TEST_APT=1 allows it, and keep: by one process, while the others
 * wait for it. Null where it is not there and may not be fetched, or cannot.
 *
 * @param fetch puts everything into an empty folder
 */
export async function fetched(name: string, fetch: (folder: string) => Promise<void>): Promise<string | null> {
  const kept = join(CACHE, name);
  if (existsSync(kept)) return kept;
  if (process.env['SERIN_TEST_APT'] !== '1') {
    return cannotBeHad(name, 'it is not on PATH, and SERIN_TEST_APT=1, which lets it be fetched, is not set');
  }
  mkdirSync(CACHE, { recursive: true });
  const claim = join(CACHE, `${name}.fetching`);
  if (!isClaimed(claim)) {
    const deadline = Date.now() + LONGEST_MS;
    while (existsSync(claim) && isAlive(claim)) {
      if (Date.now() > deadline) return cannotBeHad(name, `the process of ${claim} has fetched it for too long`);
      await sleep(100);
    }
    return existsSync(kept) ? kept : null;
  }
  const folder = mkdtempSync(join(CACHE, `${name}-`));
  try {
    if (!existsSync(kept)) {
      await fetch(folder);
      renameSync(folder, kept);
    }
    return kept;
  } catch (error) {
    return cannotBeHad(name, error);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    rmSync(claim, { force: true });
  }
}

/** Whether this process is the one that fetches; what a process left that has ended is taken over. */
function isClaimed(claim: string): boolean {
  if (existsSync(claim) && !isAlive(claim)) rmSync(claim, { force: true });
  try {
    writeFileSync(claim, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    return false;
  }
}

function isAlive(claim: string): boolean {
  try {
    process.kill(Number(readFileSync(claim, 'utf8')), 0);
    return true;
  } catch {
    return false;
  }
}
