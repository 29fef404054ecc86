import { type FileHandle, open } from 'node:fs/promises';
import { type Log, messageOf } from '../problem/log.ts';
import { Problem } from '../problem/problem.ts';

/** How much may wait to be written before lines are dropped: a full disk must not fill the memory. */
const MOST_WAITING_BYTES = 4_194_304;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 15_000;
const LINE_FEED = 0x0a;

/**
 * Appends to a file that only its owner may read, because it contains client addresses. A file that cannot be written is
 * reopened with growing delays; until then a bounded part is buffered, and the rest is dropped and counted.
 */
export class AccessLogFile {
  private readonly path: string;
  private readonly log: Log;
  private file: FileHandle | null = null;
  private waiting: Uint8Array[] = [];
  private waitingBytes = 0;
  private isBusy = false;
  private failures = 0;
  private fault: string | null = null;
  private lost = 0;
  /** The value of `lost` when the file was last reported to be well. */
  private lostBefore = 0;

  constructor(path: string, log: Log) {
    this.path = path;
    this.log = log;
    // Report a path that cannot be opened at the start, not with the first request.
    void this.drain();
  }

  /** Takes whole lines. */
  readonly write = (lines: Uint8Array): void => {
    if (this.waitingBytes + lines.length > MOST_WAITING_BYTES) {
      this.lost += linesIn(lines);
      return;
    }
    this.waiting.push(lines);
    this.waitingBytes += lines.length;
    // After a failure, the next attempt is already scheduled.
    if (this.fault === null) void this.drain();
  };

  /** Lines dropped since the process began. */
  dropped(): number {
    return this.lost;
  }

  /** A sentence while the trouble lasts, or null. */
  trouble(): string | null {
    return this.fault;
  }

  private async drain(): Promise<void> {
    if (this.isBusy) return;
    this.isBusy = true;
    try {
      this.file ??= await open(this.path, 'a', 0o600);
      for (let lines = this.waiting[0]; lines; lines = this.waiting[0]) {
        const { bytesWritten } = await this.file.write(lines);
        this.wrote(lines, bytesWritten);
      }
      this.works();
    } catch (error) {
      await this.fails(error);
    } finally {
      this.isBusy = false;
    }
  }

  /** On a nearly full disk, the rest of a line is written when there is room again. */
  private wrote(lines: Uint8Array, bytes: number): void {
    this.waitingBytes -= bytes;
    if (bytes < lines.length) this.waiting[0] = lines.subarray(bytes);
    else this.waiting.shift();
  }

  private works(): void {
    if (this.fault === null) return;
    this.fault = null;
    this.failures = 0;
    this.log({ what: 'accessLogWritable', file: this.path, droppedLines: this.lost - this.lostBefore });
    this.lostBefore = this.lost;
  }

  private async fails(cause: unknown): Promise<void> {
    const retryInMs = Math.min(FIRST_RETRY_MS * 2 ** this.failures, LONGEST_RETRY_MS);
    this.failures++;
    if (this.fault === null) {
      const error = new Problem('unavailable', `the access log ${this.path} cannot be written`, { cause });
      this.log({ what: 'accessLogUnwritable', level: 'error', error });
    }
    this.fault = `the access log cannot be written: ${messageOf(cause)}`;
    // The path may point to another file by then.
    await this.file?.close().catch(() => {});
    this.file = null;
    setTimeout(() => void this.drain(), retryInMs).unref();
  }
}

function linesIn(bytes: Uint8Array): number {
  let count = 0;
  for (const byte of bytes) if (byte === LINE_FEED) count++;
  return count;
}
