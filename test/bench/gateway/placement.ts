import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Which core each side runs on; null where cores cannot be told apart. */
export interface Placement {
  /** The proxy that is measured, and nothing else. */
  readonly proxy: string | null;
  readonly generator: string | null;
  /** The generator's core, unless there is a third one. */
  readonly upstream: string | null;
}

/** `0-2,5` of /proc -> [0, 1, 2, 5]. */
function coresOf(list: string): number[] {
  return list.split(',').flatMap((part) => {
    const [first = 0, last = first] = part.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, at) => first + at);
  });
}

export function findProgram(name: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

export function placement(): Placement {
  const allowed = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1];
  const [first, second, third] = allowed === undefined ? [] : coresOf(allowed);
  if (first === undefined || second === undefined || findProgram('taskset') === null) {
    return { proxy: null, generator: null, upstream: null };
  }
  return { proxy: String(first), generator: String(second), upstream: String(third ?? second) };
}
