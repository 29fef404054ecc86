import { createWriteStream } from 'node:fs';
import { Problem } from '../problem/problem.ts';

/** What may wait to be written before lines are dropped: a full disk must not fill the memory. */
const MOST_WAITING_BYTES = 4_194_304;

/** Appends to a file, which only its owner may read, as people's addresses stand in it. `onTrouble` is told of the first error. */
export function accessLogFile(path: string, onTrouble: (error: Problem) => void): (lines: Uint8Array) => void {
  const file = createWriteStream(path, { flags: 'a', mode: 0o600 });
  file.on('error', (cause) => onTrouble(new Problem('unavailable', `${path} cannot be written`, { cause })));
  return (lines) => {
    if (!file.destroyed && file.writableLength < MOST_WAITING_BYTES) file.write(lines);
  };
}
