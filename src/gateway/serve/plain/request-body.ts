import type { Socket } from 'node:net';
import { LINGER_MS } from '../../http/refuse.ts';
import type { Share } from '../../http/share.ts';
import type { UploadPace } from '../../http/timeouts.ts';
import type { Sending } from '../../measure/ticket.ts';
import type { BodySink, BodySource } from '../../upstream/upstream-client.ts';
import { KEPT_BYTES } from '../kept-body.ts';
import { PaceMeter } from '../pace.ts';
import type { UploadWatch, Watched } from '../upload-watch.ts';

const NO_TRAILERS: readonly string[] = [];
const NONE: Buffer[] = [];

export interface RequestBodyOptions {
  /** `kept`: what fits in 64 KiB is held until `forget`, so that the request can be sent a second time. */
  readonly replay: 'kept' | 'none';
  readonly pace: UploadPace;
  readonly share: Share | null;
  readonly watch: UploadWatch;
  /** The client is too slow. */
  readonly onLate: () => void;
  readonly onFault: (error: unknown) => void;
}

/** A request body of known length on its way from the client's connection to the upstream. */
export class RequestBody implements BodySource, Sending, Watched {
  readonly length: number;
  readonly awaitsContinue = false;
  readonly share: Share | null;
  private readonly socket: Socket;
  /** Body bytes that the client has not sent yet. */
  private remaining: number;
  /** What has arrived so far; null when it need not or cannot be sent again. */
  private held: Buffer[] | null;
  /** What arrived before the upstream wanted it. */
  private waiting: Buffer[] = [];
  private waitingBytes = 0;
  private sink: BodySink | null = null;
  private state: 'waiting' | 'flowing' | 'discarding' = 'waiting';
  private isHeldBack = false;
  private linger: NodeJS.Timeout | null = null;
  sentAt: number | null = null;
  private readonly options: RequestBodyOptions;
  private readonly pace: PaceMeter;

  constructor(socket: Socket, length: number, options: RequestBodyOptions) {
    this.socket = socket;
    this.length = length;
    this.options = options;
    this.held = options.replay === 'kept' && length <= KEPT_BYTES ? [] : null;
    this.remaining = length;
    this.pace = new PaceMeter(options.pace);
    this.share = options.share;
    options.watch.add(this);
  }

  /** Whether the client has sent it all. */
  get isWhole(): boolean {
    return this.remaining === 0;
  }

  /** Whether it waits for the client, rather than the client for it. */
  get isStarved(): boolean {
    return this.remaining > 0 && !this.isHeldBack;
  }

  /** Takes received bytes; returns what lies beyond the body, or null. */
  push(chunk: Buffer): Buffer | null {
    const isAll = chunk.length <= this.remaining;
    const piece = isAll ? chunk : chunk.subarray(0, this.remaining);
    this.remaining -= piece.length;
    if (this.remaining === 0) {
      this.sentAt = performance.now();
      this.pace.hold(this.sentAt);
      this.stopWaiting();
    } else if (!this.isHeldBack && this.state === 'flowing') this.pace.took(piece.length, performance.now());
    if (this.state !== 'discarding') this.take(piece);
    return isAll ? null : chunk.subarray(piece.length);
  }

  start(sink: BodySink): void {
    this.sink = sink;
    this.state = 'flowing';
    const waiting = this.waiting;
    this.waiting = [];
    this.waitingBytes = 0;
    this.resume();
    this.pace.await(performance.now());
    for (const piece of waiting) if (!sink.write(piece)) this.holdBack();
    if (this.remaining === 0) sink.end(NO_TRAILERS);
  }

  resume(): void {
    if (!this.isHeldBack) return;
    this.isHeldBack = false;
    if (this.state === 'flowing') this.pace.await(performance.now());
    this.socket.resume();
  }

  rewind(): boolean {
    if (this.held === null || this.state === 'discarding') return false;
    this.sink = null;
    this.state = 'waiting';
    this.pace.hold(performance.now());
    this.waiting = [...this.held];
    return true;
  }

  /** There will be no second attempt. */
  forget(): void {
    this.held = null;
  }

  stop(): void {
    if (this.state === 'discarding') return;
    this.state = 'discarding';
    this.options.watch.delete(this);
    this.sink = null;
    this.held = null;
    this.waiting = NONE;
    this.resume();
    if (this.remaining > 0) this.linger = setTimeout(() => this.socket.destroy(), LINGER_MS).unref();
  }

  waitedMs(now: number): number {
    return this.pace.waitedMs(now);
  }

  check(now: number): void {
    if (this.pace.isLate(now)) this.options.onLate();
  }

  onFault(error: unknown): void {
    this.options.onFault(error);
  }

  /** Stops waiting for more: the body is complete, or the client's connection is gone. */
  stopWaiting(): void {
    this.options.watch.delete(this);
    if (this.linger) clearTimeout(this.linger);
    this.linger = null;
  }

  private take(piece: Buffer): void {
    this.held?.push(piece);
    if (this.sink) {
      const takesMore = this.sink.write(piece);
      if (this.remaining === 0) this.sink?.end(NO_TRAILERS);
      else if (!takesMore) this.holdBack();
      return;
    }
    this.waiting.push(piece);
    this.waitingBytes += piece.length;
    if (this.waitingBytes > KEPT_BYTES) this.holdBack();
  }

  private holdBack(): void {
    if (this.isHeldBack || this.remaining === 0 || this.state === 'discarding') return;
    this.isHeldBack = true;
    this.pace.hold(performance.now());
    this.socket.pause();
  }
}
