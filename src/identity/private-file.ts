import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { errorCode } from '../problem/error-code.ts';
import { Problem } from '../problem/problem.ts';

const OTHERS = 0o007;

/**
 * A one-line file that only its owner should read, without surrounding whitespace; null if it does not exist. Throws
 * Problem('invalid-input') when every user of the machine may read or change it. The group may: orchestrators grant access
 * to volumes by group.
 */
export function readPrivateFile(path: string): string | null {
  try {
    const { mode } = statSync(path);
    if (process.platform !== 'win32' && (mode & OTHERS) !== 0) {
      throw new Problem(
        'invalid-input',
        `every user of this machine can open ${path}: run \`chmod 600 ${path}\`, and renew its content if another user may have read it`,
      );
    }
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    // A data folder that is a file is reported when something is created in it.
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return null;
    if (error instanceof Problem) throw error;
    throw new Problem('invalid-input', `${path} cannot be read (${codeOf(error)})`, { cause: error });
  }
}

/**
 * Writes to a temporary file, syncs it and renames it: a crash of the process or the machine leaves the whole file or none.
 */
export function writePrivateFile(path: string, text: string): void {
  const beside = `${path}.new`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    rmSync(beside, { force: true });
    const file = openSync(beside, 'wx', 0o600);
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(beside, path);
    syncFolder(dirname(path));
  } catch (error) {
    throw new Problem('unavailable', `${path} cannot be written (${codeOf(error)})`, { cause: error });
  }
}

/** A rename is durable once its folder is synced. Windows has no such call. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function codeOf(error: unknown): string {
  return errorCode(error) ?? 'unknown error';
}
