import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A program of PATH. */
export function onPath(program: string): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, program)).find(existsSync) ?? null;
}
