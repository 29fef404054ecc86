import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from '../../problem/error-code.ts';
import { Problem } from '../../problem/problem.ts';
import { clean } from '../text.ts';
import { ownFolder } from './kept-sign-in.ts';

/** Longer than a renewal takes at most. */
const ABANDONED_MS = 60_000;
const WAIT_MS = 30_000;
const AGAIN_MS = 25;

/**
 * Does the work while no other process does any under the same path, whose lock is a file beside it. One that a process left which
 * has died is taken over. Throws Problem('unavailable') when the lock is not free within 30 s.
 */
export async function oneAtATime<T>(path: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`;
  ownFolder(lock);
  const until = performance.now() + WAIT_MS;
  while (!taken(lock)) {
    if (isAbandoned(lock)) clear(lock);
    else if (performance.now() > until) {
      throw new Problem(
        'unavailable',
        `another serin has held ${clean(lock)} for ${WAIT_MS / 1_000} s: remove the file if none runs`,
      );
    } else await delay(AGAIN_MS, undefined, { signal });
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function taken(lock: string): boolean {
  let file: number;
  try {
    file = openSync(lock, 'wx', 0o600);
  } catch (cause) {
    const code = errorCode(cause);
    if (code === 'EEXIST') return false;
    throw new Problem('unavailable', `${clean(lock)} cannot be written (${code ?? 'unknown error'})`, { cause });
  }
  try {
    writeSync(file, `${process.pid} ${hostname()}`);
  } finally {
    closeSync(file);
  }
  return true;
}

/** Its process is dead, or, as it may run on another machine that has the same home, it is old. */
function isAbandoned(lock: string): boolean {
  try {
    if (Date.now() - statSync(lock).mtimeMs > ABANDONED_MS) return true;
    const [pid = '', host] = readFileSync(lock, 'utf8').split(' ');
    return host === hostname() && /^[1-9]\d*$/.test(pid) && !lives(Number(pid));
  } catch {
    return false;
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) !== 'ESRCH';
  }
}

/** Another process may have done so meanwhile, and taken the lock: what was moved away in error is put back. */
function clear(lock: string): void {
  const aside = `${lock}.${randomUUID()}`;
  try {
    renameSync(lock, aside);
    if (isAbandoned(aside)) rmSync(aside, { force: true });
    else renameSync(aside, lock);
  } catch {
    // Gone already.
  }
}
