import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Problem } from '../problem/problem.ts';

/** `${NAME}` or `file:PATH` -> the secret itself. Throws Problem('invalid-input') when it is not there. */
export function resolveSecret(reference: string, env: NodeJS.ProcessEnv): string {
  const fromEnv = /^\$\{(.+)\}$/.exec(reference)?.[1];
  const value = fromEnv === undefined ? readSecretFile(reference.slice('file:'.length)) : env[fromEnv];
  if (!value) throw new Problem('invalid-input', `the secret ${reference} is not set`);
  return value.trim();
}

function readSecretFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Problem('invalid-input', `the secret file ${path} cannot be read`, { cause });
  }
}

/**
 * The key that signs sticky cookies and keys the hashes of consumer credentials: `SERIN_SECRET` (needed where several
 * replicas share it), else made at the first start and kept in the data folder.
 */
export function installationSecret(dataFolder: string, env: NodeJS.ProcessEnv): Uint8Array {
  const given = env['SERIN_SECRET'];
  if (given !== undefined) {
    if (given.length < 32) throw new Problem('invalid-input', 'SERIN_SECRET is shorter than 32 characters');
    return createHash('sha256').update(given).digest();
  }
  return Buffer.from(
    keptSecret(join(dataFolder, 'secret'), () => randomBytes(32).toString('hex')),
    'hex',
  );
}

/** Reads a file of the data folder, or makes it, readable by its owner only. */
export function keptSecret(path: string, make: () => string): string {
  if (existsSync(path)) return readFileSync(path, 'utf8').trim();
  mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 });
  const made = make();
  writeFileSync(path, `${made}\n`, { mode: 0o600, flag: 'wx' });
  return made;
}
