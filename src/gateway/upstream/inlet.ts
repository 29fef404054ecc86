import type { OnReadOpts } from 'node:net';

/** The most bytes per read. */
const MEMORY = 131_072;

/**
 * The memory that a connection is read into, over and over. What it receives is valid until `receive` returns, or as
 * long as the connection is paused. Compared with a new buffer per read that goes through a stream, an answer of 64 KB
 * takes half the CPU time.
 */
export class Inlet {
  /** Called with how many bytes at the beginning of the memory are valid. */
  receive: (memory: Buffer, count: number) => void = () => {};
  /** For `net.connect`. */
  readonly onread: OnReadOpts;
  private memory = newMemory();

  constructor() {
    this.onread = {
      buffer: () => this.memory,
      callback: (count) => {
        this.receive(this.memory, count);
        return true;
      },
    };
  }

  /** What was received last is still needed when the connection is read again. */
  leave(): void {
    this.memory = newMemory();
  }
}

function newMemory(): Buffer {
  return Buffer.allocUnsafeSlow(MEMORY);
}
