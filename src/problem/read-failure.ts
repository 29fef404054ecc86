import { resolve } from 'node:path';
import { errorCode } from './error-code.ts';
import { NOT_A_FILE } from './regular-file.ts';

/** Why a file could not be read, in a clause with its absolute path: a relative path says little to the operator of a service. */
export function readFailure(file: string, thrown: unknown): string {
  const path = resolve(file);
  switch (errorCode(thrown)) {
    case 'ENOENT':
      return `${path} does not exist`;
    case 'EISDIR':
      return `${path} is a folder, not a file`;
    case NOT_A_FILE:
      return `${path} is not a file`;
    case 'EACCES':
      return `${path} cannot be read by this user (EACCES)`;
    default:
      return `${path} cannot be read (${errorCode(thrown) ?? 'unknown error'})`;
  }
}
