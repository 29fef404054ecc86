import { readFileSync } from 'node:fs';
import { Problem } from '../problem/problem.ts';
import { readFailure } from '../problem/read-failure.ts';

/** Resolves `${NAME}` or `file:PATH` to the secret itself. Throws Problem('invalid-input') when it is missing. */
export function resolveSecret(reference: string, env: NodeJS.ProcessEnv): string {
  const fromEnv = /^\$\{(.+)\}$/.exec(reference)?.[1];
  const value = (fromEnv === undefined ? readSecretFile(reference.slice('file:'.length)) : env[fromEnv])?.trim();
  if (!value)
    throw new Problem('invalid-input', `the secret ${reference} is ${value === undefined ? 'not set' : 'empty'}`);
  return value;
}

function readSecretFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Problem('invalid-input', `the secret file ${readFailure(path, cause)}`, { cause });
  }
}
