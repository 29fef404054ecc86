import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes of buffers that somebody in this process still holds, garbage excluded. */
export function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().arrayBuffers;
}

/** Bytes of everything that somebody in this process still holds, small objects included. */
export function heapBytes(): number {
  const buffers = heldBytes();
  return buffers + process.memoryUsage().heapUsed;
}
