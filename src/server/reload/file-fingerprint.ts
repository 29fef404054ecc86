import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { LoadedConfig } from '../../config/load.ts';
import { errorCode } from '../../problem/error-code.ts';

/** serin.yaml and the policies that it names; empty where this Serin has no file. */
export function filesOf({ document, config, folder }: LoadedConfig): readonly string[] {
  if (document === null) return [];
  return [resolve(document.file), ...config.policies.map((path) => resolve(folder, path))];
}

/** Of what the files hold, wherever links lead: touching one is no change. Never rejects, and holds up no request on a slow disk. */
export async function fingerprintOf(loaded: LoadedConfig): Promise<string> {
  const hash = createHash('sha256');
  for (const file of filesOf(loaded)) {
    hash.update(await readFile(file).catch((error: unknown) => `${errorCode(error)}`));
    hash.update('\0');
  }
  return hash.digest('hex');
}
