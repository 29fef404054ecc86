import type { IncomingMessage, ServerResponse } from 'node:http';
import { forwardedTrailers } from '../http/headers.ts';
import { LINGER_MS } from '../http/refuse.ts';
import type { Share } from '../http/share.ts';
import type { UploadPace } from '../http/timeouts.ts';
import type { Sending } from '../measure/ticket.ts';
import type { DecidingFields } from '../route/deciding-fields.ts';
import type { BodySink, BodySource } from '../upstream/upstream-client.ts';
import { firstPartOf } from './first-part.ts';
import { KEPT_BYTES, KeptBody } from './kept-body.ts';
import { PaceMeter } from './pace.ts';
import type { UploadWatch, Watched } from './upload-watch.ts';

export interface UploadOptions {
  /** `kept`: what fits in 64 KiB is held until `forget`, so that the request can be sent a second time. */
  readonly replay: 'kept' | 'none';
  /** Null for any length. */
  readonly limitBytes: number | null;
  /** The body turned out longer than the limit; no more of it is passed on. */
  readonly onExcess: () => void;
  readonly pace: UploadPace;
  readonly share: Share | null;
  /** The route's; none of them passes as a trailer. */
  readonly deciding: DecidingFields;
  readonly watch: UploadWatch;
  /** The client is too slow. */
  readonly onLate: () => void;
  readonly onFault: (error: unknown) => void;
}

/** A request body on its way from the client's connection to the upstream. */
export class Upload implements BodySource, Sending, Watched {
  readonly length: number | null;
  readonly awaitsContinue: boolean;
  /** Null while it does not occupy an upstream. */
  share: Share | null = null;
  sentAt: number | null = null;
  private readonly incoming: IncomingMessage;
  private readonly outgoing: ServerResponse;
  private readonly options: UploadOptions;
  private sink: BodySink | null = null;
  private kept: KeptBody | null;
  /** What came before the upstream wanted it. */
  private first: Buffer[] = [];
  private onGathered: (() => void) | null = null;
  /** Called when a client that should wait for a 100 sends its body anyway. */
  private onEarly: (() => void) | null = null;
  private received = 0;
  private hasEnded = false;
  private isStopped = false;
  private isContinued = false;
  private pace: PaceMeter;

  constructor(incoming: IncomingMessage, outgoing: ServerResponse, options: UploadOptions) {
    const length = incoming.headers['content-length'];
    this.incoming = incoming;
    this.outgoing = outgoing;
    this.options = options;
    this.length = length === undefined ? null : Number(length);
    // RFC 9110 section 10.1.1: the expectation of an HTTP/1.0 client is ignored.
    this.awaitsContinue = incoming.httpVersion === '1.1' && incoming.headers.expect?.toLowerCase() === '100-continue';
    this.kept = options.replay === 'kept' && (this.length ?? 0) <= KEPT_BYTES ? new KeptBody() : null;
    this.pace = new PaceMeter(options.pace);
    incoming.pause();
    incoming.on('data', this.onData);
    incoming.on('end', this.onEnd);
  }

  /** Whether it waits for the client, rather than the client for it. */
  get isStarved(): boolean {
    return !this.incoming.complete && !this.incoming.isPaused();
  }

  /** Whether the client has sent it all. */
  get isWhole(): boolean {
    return this.incoming.complete;
  }

  /**
   * Waits for the first part of the body (see `firstPartOf`). A client that expects a 100 sends nothing until an upstream has been
   * asked.
   */
  gather(then: () => void): void {
    if (this.awaitsContinue) {
      then();
      return;
    }
    this.onGathered = then;
    this.options.watch.add(this);
    this.incoming.once('close', () => {
      if (this.onGathered) this.contain(() => this.stop());
    });
    this.flow();
  }

  /**
   * The body as latin1 text, if all of it has arrived and its length was declared: it goes out with the head in one system
   * call, and can be sent again. Otherwise null. Afterwards the upload is over.
   */
  takeWhole(): string | null {
    if (!this.hasEnded || this.length === null) return null;
    const [only] = this.first;
    const body = this.first.length === 1 && only ? only : Buffer.concat(this.first);
    this.stop();
    return body.toString('latin1');
  }

  /** The request is about to occupy an upstream; the client's time counts from here. */
  open(): void {
    this.pace = new PaceMeter(this.options.pace);
    if (this.isWhole) return;
    this.share = this.options.share;
    this.options.watch.add(this);
  }

  start(sink: BodySink): void {
    this.sink = sink;
    this.onEarly = null;
    if (this.awaitsContinue && !this.isContinued) {
      this.isContinued = true;
      this.outgoing.writeContinue();
    }
    const pieces = this.kept ? [this.kept.bytes] : this.first;
    this.first = [];
    for (const piece of pieces) if (piece.length > 0) sink.write(piece);
    if (this.hasEnded) sink.end(this.trailers);
    else this.flow();
  }

  onArrival(tell: () => void): void {
    this.onEarly = tell;
    if (this.hasEnded || this.received > 0) process.nextTick(() => this.contain(() => this.arrived()));
    else this.incoming.resume();
  }

  private arrived(): void {
    const tell = this.onEarly;
    this.onEarly = null;
    tell?.();
  }

  private get trailers(): readonly string[] {
    return forwardedTrailers(this.incoming.rawTrailers, this.options.deciding);
  }

  resume(): void {
    if (!this.isStopped) this.flow();
  }

  rewind(): boolean {
    this.pace.hold(performance.now());
    return this.kept !== null && !this.isStopped;
  }

  waitedMs(now: number): number {
    return this.pace.waitedMs(now);
  }

  check(now: number): void {
    if (!this.incoming.complete && this.pace.isLate(now)) this.options.onLate();
  }

  onFault(error: unknown): void {
    this.options.onFault(error);
  }

  /** There will be no second attempt. */
  forget(): void {
    this.kept = null;
  }

  stop(): void {
    if (this.isStopped) return;
    this.isStopped = true;
    this.options.watch.delete(this);
    this.kept = null;
    this.first = [];
    this.onGathered = null;
    this.onEarly = null;
    const { incoming } = this;
    incoming.off('data', this.onData);
    incoming.off('end', this.onEnd);
    if (incoming.complete || incoming.destroyed) return;
    incoming.resume();
    const timer = setTimeout(() => incoming.destroy(), LINGER_MS);
    timer.unref();
    incoming.once('close', () => clearTimeout(timer));
  }

  private flow(): void {
    this.pace.await(performance.now());
    this.incoming.resume();
  }

  private readonly onData = (chunk: Buffer): void => {
    try {
      this.take(chunk);
    } catch (error) {
      this.options.onFault(error);
    }
  };

  private contain(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.options.onFault(error);
    }
  }

  private take(chunk: Buffer): void {
    this.received += chunk.length;
    const { limitBytes, onExcess } = this.options;
    if (limitBytes !== null && this.received > limitBytes) {
      this.incoming.pause();
      onExcess();
      return;
    }
    if (this.received > KEPT_BYTES) this.kept = null;
    this.kept?.add(chunk);
    this.pace.took(chunk.length, performance.now());
    if (this.onEarly) {
      this.first.push(chunk);
      this.incoming.pause();
      this.arrived();
      return;
    }
    if (this.onGathered) {
      this.first.push(chunk);
      // If the body ends with this piece, that is known a moment later.
      if (this.received >= firstPartOf(this.length))
        process.nextTick(() => this.contain(() => this.gathered('first-part')));
      return;
    }
    if (this.sink?.write(chunk) !== true) {
      this.pace.hold(performance.now());
      this.incoming.pause();
    }
  }

  private gathered(what: 'first-part' | 'whole'): void {
    const then = this.onGathered;
    if (!then || (what === 'first-part' && this.isWhole)) return;
    this.onGathered = null;
    this.options.watch.delete(this);
    if (what === 'first-part') this.incoming.pause();
    then();
  }

  private readonly onEnd = (): void => {
    this.hasEnded = true;
    this.contain(() => {
      this.sentAt = performance.now();
      this.pace.hold(this.sentAt);
      this.options.watch.delete(this);
      if (this.onGathered) this.gathered('whole');
      else this.sink?.end(this.trailers);
    });
  };
}

/**
 * Whether a request has a body: the framing decides, not the method (RFC 9112 section 6.3).
 * `Content-Length: 0` is an empty body, and is forwarded as one.
 */
export function bodyFraming({ headers }: IncomingMessage): 'stream' | 'none' | 'empty' {
  if (headers['transfer-encoding'] !== undefined) return 'stream';
  const length = headers['content-length'];
  if (length === undefined) return 'none';
  return Number(length) > 0 ? 'stream' : 'empty';
}
