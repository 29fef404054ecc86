import { chmodSync, closeSync, existsSync, fstatSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { writePrivateFile } from '../../identity/private-file.ts';
import { errorCode } from '../../problem/error-code.ts';
import { Problem } from '../../problem/problem.ts';
import type { Terminal } from '../terminal.ts';
import { clean } from '../text.ts';

/** What `serin login` keeps of one control API. Times are of this machine's clock, in milliseconds since 1970. */
export interface KeptSignIn {
  /** The origin of the control API: its tokens go nowhere else. */
  readonly server: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly idToken: string;
  /** Null where the provider gave none: then one signs in again when the ID token has expired. */
  readonly refreshToken: string | null;
  readonly receivedAtMs: number;
  /** When the ID token expires. */
  readonly expiresAtMs: number;
}

const OTHERS = 0o077;

/**
 * The file of a control API (an origin): in the XDG base directory of configuration, one for each.
 * https://specifications.freedesktop.org/basedir-spec/latest/
 */
export function keptPath(server: string, env: Terminal['env']): string {
  // The specification has relative paths ignored.
  const base = env['XDG_CONFIG_HOME']?.startsWith('/') ? env['XDG_CONFIG_HOME'] : join(homedir(), '.config');
  return join(base, 'serin', `${encodeURIComponent(server)}.json`);
}

/**
 * Null where nobody has signed in. Throws Problem('invalid-input') when another user of the machine may read or change the file, and
 * when it is not one that `serin login` wrote for this server.
 */
export function readKept(path: string, server: string): KeptSignIn | null {
  const found = contentOf(path);
  if (found === null) return null;
  if (process.platform !== 'win32' && (found.mode & OTHERS) !== 0) {
    throw new Problem(
      'invalid-input',
      `other users of this machine can open ${clean(path)}, which keeps your sign-in, and it was not used: run \`serin logout --server ${server}\`, which ends it at the provider too, and then \`serin login\``,
    );
  }
  const kept = parsed(found.text);
  if (kept?.server === server) return kept;
  throw new Problem(
    'invalid-input',
    `${clean(path)} keeps no sign-in for ${server}, and it was not used: run \`serin login --server ${server}\`, which replaces it`,
  );
}

/** The same whoever else may read it, for what only ends it; null too where nothing can be made of it. */
export function readKeptToEnd(path: string, server: string): KeptSignIn | null {
  const found = contentOf(path);
  const kept = found === null ? null : parsed(found.text);
  return kept?.server === server ? kept : null;
}

/** The whole file or none, mode 0600 in a folder of mode 0700. */
export function writeKept(path: string, kept: KeptSignIn): void {
  ownFolder(path);
  writePrivateFile(path, `${JSON.stringify(kept, null, 2)}\n`);
}

/** Makes the folder of a file, and closes one that is there to others: who may write to it could replace the file. */
export function ownFolder(path: string): void {
  const folder = dirname(path);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
  } catch (cause) {
    const code = errorCode(cause) ?? 'unknown error';
    throw new Problem('unavailable', `the folder ${clean(folder)} cannot be made for you alone (${code})`, { cause });
  }
}

/** Throws Problem where it cannot be removed. */
export function removeKept(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (cause) {
    const code = errorCode(cause);
    throw new Problem('unavailable', `${clean(path)} cannot be removed (${code ?? 'unknown error'})`, { cause });
  }
}

function contentOf(path: string): { readonly text: string; readonly mode: number } | null {
  let file: number | null = null;
  try {
    file = openSync(path, 'r');
    return { mode: fstatSync(file).mode, text: readFileSync(file, 'utf8') };
  } catch (cause) {
    const code = errorCode(cause);
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    // In a container the home may be another user's: nobody has signed in from there.
    if (code === 'EACCES' && !existsSync(path)) return null;
    throw new Problem('invalid-input', `${clean(path)} cannot be read (${code ?? 'unknown error'})`, { cause });
  } finally {
    if (file !== null) closeSync(file);
  }
}

function parsed(text: string): KeptSignIn | null {
  try {
    const json: unknown = JSON.parse(text);
    return isKept(json) ? json : null;
  } catch {
    return null;
  }
}

function isKept(json: unknown): json is KeptSignIn {
  if (typeof json !== 'object' || json === null) return false;
  const of = json as Readonly<Record<string, unknown>>;
  return (
    ['server', 'issuer', 'clientId', 'idToken'].every((name) => typeof of[name] === 'string') &&
    (of['refreshToken'] === null || typeof of['refreshToken'] === 'string') &&
    ['receivedAtMs', 'expiresAtMs'].every((name) => Number.isSafeInteger(of[name]))
  );
}
