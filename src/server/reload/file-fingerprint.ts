import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { LoadedConfig } from '../../config/load.ts';
import { MOST_YAML_BYTES } from '../../policy/yaml.ts';
import { errorCode } from '../../problem/error-code.ts';
import { readRegularFileSoon } from '../../problem/regular-file.ts';

/** serin.yaml and the policies that it names; empty where this Serin has no file. */
export function filesOf({ document, config, folder }: LoadedConfig): readonly string[] {
  if (document === null) return [];
  return [resolve(document.file), ...config.policies.map((path) => resolve(folder, path))];
}

/** Of what the files hold, wherever links lead: touching one is no change. Never rejects, and holds up no request on a slow disk. */
export async function fingerprintOf(loaded: LoadedConfig): Promise<string> {
  return sum(await Promise.all(filesOf(loaded).map(contentOf)));
}

/** The same, of serin.yaml as it was when it was loaded: what was written since is a change. */
export async function loadedFingerprint(loaded: LoadedConfig): Promise<string> {
  const [, ...policies] = filesOf(loaded);
  return sum([loaded.document?.text ?? '', ...(await Promise.all(policies.map(contentOf)))]);
}

/** As text, because that is how it is loaded. */
async function contentOf(file: string): Promise<string> {
  try {
    return (await readRegularFileSoon(file, MOST_YAML_BYTES)).toString().replace(/^\uFEFF/, '');
  } catch (error) {
    return `${errorCode(error)}`;
  }
}

function sum(contents: readonly string[]): string {
  const hash = createHash('sha256');
  for (const content of contents) hash.update(content).update('\0');
  return hash.digest('hex');
}
