import { resolve } from 'node:path';
import { Problem } from '../problem/problem.ts';
import { readFailure } from '../problem/read-failure.ts';
import { readRegularFile } from '../problem/regular-file.ts';

const MOST_BYTES = 65_536;

/** Resolves `${NAME}` or `file:PATH` to the secret itself. Throws Problem('invalid-input') when it is missing. */
export function resolveSecret(reference: string, env: NodeJS.ProcessEnv): string {
  const fromEnv = /^\$\{(.+)\}$/.exec(reference)?.[1];
  const value = (fromEnv === undefined ? readSecretFile(reference.slice('file:'.length)) : env[fromEnv])?.trim();
  if (!value)
    throw new Problem('invalid-input', `the secret ${reference} is ${value === undefined ? 'not set' : 'empty'}`);
  return value;
}

function readSecretFile(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readRegularFile(path, MOST_BYTES);
  } catch (cause) {
    throw new Problem('invalid-input', `the secret file ${readFailure(path, cause)}`, { cause });
  }
  if (bytes.length > MOST_BYTES)
    throw new Problem('invalid-input', `the secret file ${resolve(path)} is larger than 64 KiB`);
  return bytes.toString();
}
