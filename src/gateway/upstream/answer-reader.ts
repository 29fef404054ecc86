import { ChunkedReader } from '../http/chunked.ts';
import { CR, LF } from '../http/grammar.ts';
import { type AnswerHead, readAnswerHead } from './answer-head.ts';
import type { UpstreamHead } from './upstream-client.ts';

const MAX_HEAD = 65_536;
const MAX_INTERIM = 32;
const NO_TRAILERS: readonly string[] = [];
const NOTHING = Buffer.alloc(0);

export interface ReaderEvents {
  onInform(head: UpstreamHead): void;
  onHead(head: UpstreamHead): void;
  onData(chunk: Buffer): void;
  onEnd(trailers: readonly string[], connection: ConnectionAfter): void;
  onUpgrade(head: UpstreamHead, firstBytes: Buffer): void;
  onBroken(kind: 'bad-head' | 'reset-before-head' | 'reset-in-body'): void;
}

/** Whether a connection may carry another request after an answer, and how long it may stay idle until then. */
export type ConnectionAfter =
  | { readonly use: 'never' }
  | { readonly use: 'again'; readonly keepAliveMs: number | null };

const NEVER: ConnectionAfter = { use: 'never' };

/** The request that is answered. */
export interface Asked {
  readonly method: string;
  readonly upgrade?: 'websocket';
}

/** Reads the answers of one connection, one after the other. Bytes after the end of an answer make it unusable. */
export class AnswerReader {
  private readonly events: ReaderEvents;
  private state: 'idle' | 'head' | 'sized' | 'chunked' | 'close' | 'over' = 'idle';
  private asked: Asked = { method: '' };
  private held: Buffer = NOTHING;
  private interim = 0;
  private remaining = 0;
  private answer: AnswerHead | null = null;
  private chunks: ChunkedReader | null = null;
  /** The trailers of a chunked body, once its last chunk has come. */
  private trailers: readonly string[] | null = null;

  constructor(events: ReaderEvents) {
    this.events = events;
  }

  /** The next answer is the one to this request. */
  begin(asked: Asked): void {
    this.asked = asked;
    this.state = 'head';
    this.interim = 0;
  }

  /** Continues with the first `length` of `bytes`. */
  push(bytes: Buffer, length = bytes.length): void {
    let rest = this.state === 'head' ? this.readHead(bytes, length) : bytes.subarray(0, length);
    while (rest.length > 0 && this.state !== 'over') {
      switch (this.state) {
        case 'idle':
          return;
        case 'head':
          rest = this.readHead(rest, rest.length);
          break;
        case 'sized':
          rest = this.readSized(rest);
          break;
        case 'chunked':
          rest = this.readChunked(rest);
          break;
        case 'close':
          this.events.onData(rest);
          return;
      }
    }
  }

  /** The peer ended the connection in the normal way. */
  end(): void {
    if (this.state === 'close') this.finish(NO_TRAILERS, NOTHING);
    else this.break();
  }

  /** The connection broke. */
  break(): void {
    if (this.state === 'idle' || this.state === 'over') return;
    const isEarly = this.state === 'head';
    this.fail(isEarly ? (this.held.length > 0 ? 'bad-head' : 'reset-before-head') : 'reset-in-body');
  }

  /** No more events, whatever follows. */
  stop(): void {
    this.state = 'over';
    this.chunks?.stop();
  }

  /** Reads the first `length` of `read`; returns what follows the head. */
  private readHead(read: Buffer, length: number): Buffer {
    const isWhole = this.held.length === 0;
    const bytes = isWhole ? read : Buffer.concat([this.held, read.subarray(0, length)]);
    const size = isWhole ? length : bytes.length;
    const end = endOfHead(bytes, size);
    if (end === -1) {
      this.held = isWhole ? Buffer.from(bytes.subarray(0, size)) : bytes;
      if (size > MAX_HEAD || !mayBecomeHead(this.held)) this.fail('bad-head');
      return NOTHING;
    }
    this.held = NOTHING;
    const answer = end > MAX_HEAD ? null : readAnswerHead(bytes, end, this.asked.method);
    const rest = end === size ? NOTHING : bytes.subarray(end, size);
    if (!answer) this.fail('bad-head');
    else if (answer.head.status < 200) this.takeInterim(answer.head, rest);
    else this.takeFinal(answer, rest);
    return this.state === 'idle' ? NOTHING : rest;
  }

  private takeInterim(head: UpstreamHead, rest: Buffer): void {
    if (head.status !== 101) {
      if (++this.interim > MAX_INTERIM) this.fail('bad-head');
      else this.events.onInform(head);
      return;
    }
    if (this.asked.upgrade === undefined) {
      this.fail('bad-head');
      return;
    }
    this.state = 'over';
    this.events.onUpgrade(head, rest);
  }

  private takeFinal(answer: AnswerHead, rest: Buffer): void {
    const { head } = answer;
    this.answer = answer;
    this.remaining = head.length ?? 0;
    this.chunks = null;
    const isOver = head.body === 'none' || (head.body === 'sized' && this.remaining === 0);
    switch (head.body) {
      case 'none':
      case 'sized':
        this.state = 'sized';
        break;
      case 'chunked':
        this.chunks = new ChunkedReader({
          onData: (data) => this.events.onData(data),
          onEnd: (trailers) => {
            this.trailers = trailers;
          },
          onBroken: () => this.fail('reset-in-body'),
        });
        this.state = 'chunked';
        break;
      case 'close':
        this.state = 'close';
    }
    this.events.onHead(head);
    if (isOver && this.state === 'sized') this.finish(NO_TRAILERS, rest);
  }

  private readSized(chunk: Buffer): Buffer {
    const isLast = chunk.length >= this.remaining;
    const body = chunk.length > this.remaining ? chunk.subarray(0, this.remaining) : chunk;
    const rest = chunk.length > this.remaining ? chunk.subarray(this.remaining) : NOTHING;
    this.remaining -= body.length;
    this.events.onData(body);
    if (isLast && this.state === 'sized') this.finish(NO_TRAILERS, rest);
    return NOTHING;
  }

  private readChunked(chunk: Buffer): Buffer {
    const taken = this.chunks?.push(chunk) ?? 0;
    const { trailers } = this;
    if (trailers === null) return NOTHING;
    this.trailers = null;
    this.finish(trailers, taken === chunk.length ? NOTHING : chunk.subarray(taken));
    return NOTHING;
  }

  private finish(trailers: readonly string[], rest: Buffer): void {
    const { answer } = this;
    this.state = 'idle';
    this.answer = null;
    const isClean = rest.length === 0 && answer?.keepsConnection === true;
    this.events.onEnd(trailers, isClean ? { use: 'again', keepAliveMs: answer.keepAliveMs } : NEVER);
  }

  private fail(kind: 'bad-head' | 'reset-before-head' | 'reset-in-body'): void {
    this.stop();
    this.events.onBroken(kind);
  }
}

/** Where the head at the start of the bytes ends, after its empty line; -1 if it does not. Looks at one octet in four. */
function endOfHead(bytes: Buffer, length: number): number {
  let at = 3;
  while (at < length) {
    const octet = bytes[at] ?? 0;
    if (octet === CR) at++;
    else if (octet !== LF) at += 4;
    else if (bytes[at - 1] === CR && bytes[at - 2] === LF && bytes[at - 3] === CR) return at + 1;
    else at += 2;
  }
  return -1;
}

/** For bytes without the end of a head: whether they can still become one, and have no bare LF. */
function mayBecomeHead(bytes: Buffer): boolean {
  const start = 'HTTP/1.';
  if (bytes.toString('latin1', 0, start.length) !== start.slice(0, bytes.length)) return false;
  for (let at = bytes.indexOf(0x0a); at !== -1; at = bytes.indexOf(0x0a, at + 1)) {
    if (bytes[at - 1] !== 0x0d) return false;
  }
  return true;
}
