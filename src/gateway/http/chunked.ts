import { readFieldLines } from './field-lines.ts';

const MAX_SIZE_LINE = 256;
const MAX_TRAILERS = 16_384;

/** chunk-size with an optional extension, which means nothing beyond this hop (RFC 9112 section 7.1.1). */
const SIZE_LINE = /^([\da-fA-F]{1,12})(?:;[\t\x20-\x7e\x80-\xff]*)?$/;

export interface ChunkedEvents {
  onData(chunk: Buffer): void;
  /** The last chunk and its trailers have come: the body is complete. */
  onEnd(trailers: readonly string[]): void;
  /** The bytes are not a valid chunked body. */
  onBroken(): void;
}

/** Parses one chunked body (RFC 9112 section 7.1): sizes in hexadecimal digits only, every line ended by CRLF. */
export class ChunkedReader {
  private readonly events: ChunkedEvents;
  private state: 'size' | 'data' | 'after-data' | 'trailers' | 'over' = 'size';
  private remaining = 0;
  /** The part of an incomplete line received so far. */
  private line = '';

  constructor(events: ChunkedEvents) {
    this.events = events;
  }

  /** Continues with `chunk`; returns how many of its bytes belong to the body. */
  push(chunk: Buffer): number {
    let at = 0;
    while (at < chunk.length && this.state !== 'over') {
      switch (this.state) {
        case 'data':
          at = this.readData(chunk, at);
          break;
        case 'size':
        case 'after-data':
          at = this.readLine(chunk, at, MAX_SIZE_LINE);
          break;
        case 'trailers':
          at = this.readLine(chunk, at, MAX_TRAILERS);
      }
    }
    return at;
  }

  /** No more events, whatever follows. */
  stop(): void {
    this.state = 'over';
  }

  private readData(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.remaining);
    this.remaining -= end - at;
    if (this.remaining === 0) this.state = 'after-data';
    this.events.onData(at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end));
    return end;
  }

  private readLine(chunk: Buffer, at: number, limit: number): number {
    const feed = chunk.indexOf(0x0a, at);
    const end = feed === -1 ? chunk.length : feed + 1;
    this.line += chunk.toString('latin1', at, end);
    if (this.line.length > limit || (feed !== -1 && !this.line.endsWith('\r\n'))) this.break();
    else if (feed !== -1) this.takeLine();
    return end;
  }

  private takeLine(): void {
    if (this.state === 'trailers') this.takeTrailers();
    else if (this.state === 'size') this.takeSize();
    else if (this.line !== '\r\n') this.break();
    else this.goOn('size');
  }

  private takeSize(): void {
    const digits = SIZE_LINE.exec(this.line.slice(0, -2))?.[1];
    if (digits === undefined) {
      this.break();
      return;
    }
    this.remaining = Number.parseInt(digits, 16);
    this.goOn(this.remaining === 0 ? 'trailers' : 'data');
  }

  /** The lines are kept until the empty one, so the limit applies to their sum. */
  private takeTrailers(): void {
    const { line } = this;
    if (line !== '\r\n' && !line.endsWith('\r\n\r\n')) return;
    const trailers = readFieldLines(line.slice(0, -2));
    if (!trailers) {
      this.break();
      return;
    }
    this.state = 'over';
    this.events.onEnd(trailers);
  }

  private goOn(state: 'size' | 'data' | 'trailers'): void {
    this.state = state;
    this.line = '';
  }

  private break(): void {
    this.state = 'over';
    this.events.onBroken();
  }
}
