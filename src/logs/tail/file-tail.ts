import type { FileHandle } from 'node:fs/promises';
import { openRegularFile } from '../../problem/regular-file.ts';
import { LONGEST_LINE_BYTES } from '../lines/log-line.ts';
import type { LogPull } from '../pull/log-pull.ts';
import type { LogSink } from '../thread/log-intake.ts';

export interface TailedFile {
  readonly route: string;
  readonly path: string;
  /** Null: the lines say it. */
  readonly version: string | null;
}

export interface TailOptions extends TailedFile {
  readonly sink: LogSink;
  /** Once for each kind of failure in a row: the file cannot be opened or read, for another reason than that it is absent. */
  readonly onFailure: (error: unknown) => void;
  /** So many bytes were not read, because more was written than is. Must not throw. */
  readonly onSkipped: (bytes: number) => void;
}

/** Read at once; what has grown by more than `MOST_BEHIND` since the last look is skipped but for its end. */
const CHUNK = 256 * 1024;
const MOST_BEHIND = 4 * 1024 * 1024;
const NEWLINE = 0x0a;

/**
 * Follows one file: from its end on, through rotation by renaming (the old one is read to its end first) and by truncation, and through its
 * absence. A file that is deleted is read to its end and let go. A line counts once its end is written. Of a line that is too long only its beginning is held.
 */
export class FileTail implements LogPull {
  readonly route: string;
  private readonly options: TailOptions;
  private handle: FileHandle | null = null;
  private inode: number | null = null;
  private position = 0;
  /** The beginning of a line whose end is not written yet. */
  private partial = Buffer.alloc(0);
  private isSkipping = false;
  /** A file that was absent at the first look is read from its beginning when it comes. */
  private isFirst = true;
  private lastFailure: string | null = null;
  /** Of the last look after which nothing was left to read, epoch ms. */
  private readAllAt = Date.now();

  constructor(options: TailOptions) {
    this.options = options;
    this.route = options.route;
  }

  /** Reads what has been written since the last time. Never throws. */
  async look(): Promise<void> {
    const now = Date.now();
    try {
      if (await this.follow()) this.readAllAt = now;
      this.lastFailure = null;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
      if (code !== 'ENOENT' && code !== this.lastFailure) this.options.onFailure(error);
      this.lastFailure = code;
    }
    this.isFirst = false;
  }

  async close(): Promise<void> {
    await this.handle?.close();
    this.handle = null;
  }

  /** Whether nothing is left to read. */
  private async follow(): Promise<boolean> {
    const { path, route, version, sink } = this.options;
    const there = await openRegularFile(path).catch(async (error: unknown) => {
      await this.readGone();
      throw error;
    });
    const { ino, size } = await there.stat();
    if (this.handle && this.inode === ino) {
      await there.close();
      if (size < this.position) this.begin(0);
    } else if (this.handle && !(await this.readOn(this.handle))) {
      // What is left of the old one comes first, at the next look.
      await there.close();
    } else {
      await this.handle?.close();
      this.handle = there;
      this.inode = ino;
      this.begin(this.isFirst ? size : 0);
    }
    if (version !== null) sink.alive(route, version);
    return this.handle !== null && this.inode === ino && (await this.readOn(this.handle));
  }

  /** The file at the path is gone: renamed, and then it may be written on, or deleted, and then its space is free once it is let go. */
  private async readGone(): Promise<void> {
    const { handle } = this;
    if (handle && (await this.readOn(handle)) && (await handle.stat()).nlink === 0) {
      await this.close();
      this.inode = null;
    }
  }

  private begin(position: number): void {
    this.position = position;
    this.partial = Buffer.alloc(0);
    this.isSkipping = false;
  }

  /** Whether it was read to its end. */
  private async readOn(handle: FileHandle): Promise<boolean> {
    const { size } = await handle.stat();
    if (size - this.position > MOST_BEHIND) {
      this.options.onSkipped(size - MOST_BEHIND - this.position);
      this.options.sink.missed(this.options.route, this.readAllAt);
      this.begin(size - MOST_BEHIND);
      this.isSkipping = true;
    }
    while (this.position < size) {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK, this.position);
      if (bytesRead === 0) return true;
      if (!(await this.give(buffer.subarray(0, bytesRead)))) return false;
      this.position += bytesRead;
    }
    return true;
  }

  /** Whether it was taken; it is read again at the next look if not. */
  private async give(chunk: Buffer): Promise<boolean> {
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    if (end === 0) {
      if (!this.isSkipping) this.hold(Buffer.concat([this.partial, chunk]));
      return true;
    }
    // Of a line that is too long the beginning is given, so that it is counted as one.
    const from = this.isSkipping ? chunk.indexOf(NEWLINE) : 0;
    const whole = Buffer.concat([this.partial, chunk.subarray(from, end)]);
    const { route, version, sink, path } = this.options;
    if (whole.length > 0) {
      const bytes = new Uint8Array(whole);
      const receipt = await sink.give({ way: 'text', coding: 'identity', bytes, route, version }, `file ${path}`);
      if (receipt.kind === 'busy') return false;
    }
    this.isSkipping = false;
    this.hold(chunk.subarray(end));
    return true;
  }

  private hold(rest: Buffer): void {
    this.isSkipping = rest.length > LONGEST_LINE_BYTES;
    this.partial = Buffer.from(rest.subarray(0, LONGEST_LINE_BYTES + 1));
  }
}
