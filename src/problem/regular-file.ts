import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** The code of the error for what is no file, beside those of the system. */
export const NOT_A_FILE = 'ENOTFILE';

/** A pipe is opened at once, and not when somebody writes to it. */
const AT_ONCE = constants.O_RDONLY | constants.O_NONBLOCK;

/**
 * A file that an operator names: all of its bytes, or `most` + 1 where there are more. Throws as `readFileSync` does, and with the code
 * `ENOTFILE` for a pipe, a device or a socket: its reader would wait, or read without end.
 */
export function readRegularFile(file: string, most: number): Buffer {
  const handle = openSync(file, AT_ONCE);
  try {
    refuseOthers(file, fstatSync(handle));
    const buffer = Buffer.alloc(most + 1);
    let length = 0;
    // The size that a file is said to have is not always true: below /proc it is 0.
    for (let read = -1; read !== 0 && length <= most; length += read) {
      read = readSync(handle, buffer, length, most + 1 - length, null);
    }
    return buffer.subarray(0, length);
  } finally {
    closeSync(handle);
  }
}

/** The same, and holds nobody up meanwhile. */
export async function readRegularFileSoon(file: string, most: number): Promise<Buffer> {
  const handle = await openRegularFile(file);
  try {
    const buffer = Buffer.alloc(most + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length <= most; length += read) {
      ({ bytesRead: read } = await handle.read(buffer, length, most + 1 - length, null));
    }
    return buffer.subarray(0, length);
  } finally {
    await handle.close();
  }
}

/** A file that an operator names, for reading. Rejects as `open` does, and with the code `ENOTFILE` for what is no file. */
export async function openRegularFile(file: string): Promise<FileHandle> {
  const handle = await open(file, AT_ONCE);
  try {
    refuseOthers(file, await handle.stat());
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function refuseOthers(file: string, found: Stats): void {
  if (found.isFile()) return;
  const code = found.isDirectory() ? 'EISDIR' : NOT_A_FILE;
  throw Object.assign(new Error(`${code}: ${file} is not a file`), { code });
}
