import { globSync, readFileSync } from 'node:fs';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Every file of `src` with its text, by its path from the root of the repository. */
export function sources(): ReadonlyMap<string, string> {
  const paths = globSync('src/**/*.ts', { cwd: root }).map((path) => path.replaceAll(sep, '/'));
  return new Map(paths.sort().map((path) => [path, readFileSync(`${root}${path}`, 'utf8')]));
}
