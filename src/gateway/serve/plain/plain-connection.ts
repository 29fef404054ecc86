import type { Socket } from 'node:net';
import { breakConnection } from '../../http/break-off.ts';
import type { FaultPlace, Faults } from '../../http/faults.ts';
import { endLingering, failure, LATE_BODY, refuseSocket } from '../../http/refuse.ts';
import type { UploadPace } from '../../http/timeouts.ts';
import type { Peer } from '../../route/peer.ts';
import type { Exchange, ExchangeOwner } from '../exchange.ts';
import { refusalOf } from '../parse-error.ts';
import type { UploadWatch } from '../upload-watch.ts';
import type { AnswerWriter } from './answer-text.ts';
import { Gathering } from './gathering.ts';
import { PlainSide, type SideOwner } from './plain-side.ts';
import type { RequestBody } from './request-body.ts';
import { listenShared, type SocketOwner, unlistenShared } from './shared-listeners.ts';
import { readAsStream, readShared } from './shared-memory.ts';

/** Extra time for a client that starts a request just as its keep-alive timeout runs out. */
const KEEP_ALIVE_GRACE_MS = 1_000;

/**
 * The outcome for the bytes at the start of a request; `gathering`: not enough of its body has arrived; `waiting`: `goOnWaited` will be
 * called, and the request is read again.
 */
export type Beginning = 'begun' | 'partial' | 'gathering' | 'waiting' | 'doubtful';

/** What a connection needs from the front that it belongs to. */
export interface ConnectionFront {
  readonly faults: Faults;
  readonly writer: AnswerWriter;
  readonly idleMs: number;
  readonly downloadMs: number;
  readonly isDraining: boolean;
  /** Monotonic ms. */
  now(): number;
  /** Begins the exchange for the request at the start of the first `count` of `bytes`, or says why there is none. */
  begin(connection: PlainConnection, bytes: Buffer, count: number): Beginning;
  /** Id of the request that `begin` reads; null until it is known. */
  readonly requestId: string | null;
  /** Hands a connection and its unread bytes to the reference path; nothing may be in flight on it. */
  handOver(connection: PlainConnection, bytes: Buffer): void;
  closed(connection: PlainConnection): void;
}

/** One client connection, as long as everything on it is plain: one request at a time, in order. */
export class PlainConnection implements ExchangeOwner, SideOwner, SocketOwner {
  readonly socket: Socket;
  readonly peer: Peer;
  readonly side: PlainSide;
  /** Monotonic ms since which a request head is due; null between requests. */
  awaitsHeadSince: number | null;
  /** Whether the request at hand has waited, which it does once at most. */
  hasWaited = false;
  private isWaiting = false;
  private readonly front: ConnectionFront;
  private exchange: Exchange | null = null;
  private body: RequestBody | null = null;
  private closesAfter = false;
  private gathering: Gathering | null = null;
  /** Received but not read yet. */
  private held: Buffer | null = null;
  private isExpiring = false;
  /** The socket's current timeout; its timer restarts with everything that is read or taken. */
  private timeoutMs: number;

  constructor(socket: Socket, peer: Peer, front: ConnectionFront) {
    this.socket = socket;
    this.peer = peer;
    this.side = new PlainSide(this, front.writer);
    this.front = front;
    this.awaitsHeadSince = front.now();
    this.timeoutMs = front.idleMs;
    socket.setTimeout(front.idleMs);
    readShared(socket, this.onData);
    listenShared(socket, this);
  }

  /** Whether nothing is in progress, not even the beginning of a head. */
  private get isIdle(): boolean {
    const isBetween = this.exchange === null && this.body === null && this.gathering === null;
    return isBetween && this.held === null && this.awaitsHeadSince === null;
  }

  /** The request that was read is in progress. */
  took(exchange: Exchange, body: RequestBody | null, connection: 'keep' | 'close'): void {
    this.side.serve(exchange);
    this.exchange = exchange;
    this.body = body;
    this.closesAfter = connection === 'close';
  }

  /** The request that was read waits until `wanted` bytes of it have arrived. */
  gather(wanted: number, pace: UploadPace, watch: UploadWatch): void {
    this.gathering = new Gathering(wanted, {
      pace,
      watch,
      onLate: () => this.cut(),
      onFault: (error) => this.fault(error, 'upload'),
    });
  }

  after(): 'keep' | 'close' {
    // A request that has already arrived is answered too, even when the gateway drains.
    const isLast = this.closesAfter || (this.front.isDraining && this.held === null);
    return isLast ? 'close' : 'keep';
  }

  heldBack(): void {
    this.setTimeout(this.front.downloadMs);
  }

  /** The exchange is over and its answer is written. */
  answered(how: 'whole' | 'faulty'): void {
    const after = how === 'faulty' ? 'close' : this.side.after;
    this.exchange = null;
    if (this.socket.writableLength > 0) this.setTimeout(this.front.downloadMs);
    if (after === 'close' && this.body && !this.body.isWhole) {
      this.release();
      endLingering(this.socket);
    } else if (after === 'close') this.socket.destroySoon();
    else if (this.body === null || this.body.isWhole) this.next();
  }

  /** Answers that the head took too long, and ends the connection. */
  expire(): void {
    try {
      this.release();
      refuseSocket(this.socket, refusalOf({ name: '', message: '', code: 'ERR_HTTP_REQUEST_TIMEOUT' }));
    } catch (error) {
      this.fault(error, 'timer');
    }
  }

  /** The client sends its body too slowly: it gets a 408, unless its answer has begun. */
  cut(): void {
    const { body, exchange, gathering, socket } = this;
    gathering?.stop();
    if (gathering !== null) {
      this.release();
      refuseSocket(socket, LATE_BODY);
    } else if (exchange) exchange.cut(LATE_BODY);
    else breakConnection(socket);
    body?.stopWaiting();
  }

  /** Detaches from the socket; another handler takes over. */
  release(): void {
    readAsStream(this.socket, this.onData);
    unlistenShared(this.socket);
    this.front.closed(this);
  }

  /** The memory is reused as soon as this returns. */
  private readonly onData = (bytes: Buffer, count = bytes.length): void => {
    try {
      this.take(bytes, count);
    } catch (error) {
      this.fault(error, this.body ? 'upload' : 'client');
    }
  };

  private take(bytes: Buffer, count: number): void {
    if (this.body && !this.body.isWhole) {
      const rest = this.body.push(Buffer.copyBytesFrom(bytes, 0, count));
      if (rest) this.hold(rest);
      if (this.exchange === null && this.body.isWhole) this.next();
    } else if (this.gathering) {
      this.gatherMore(this.gathering, bytes, count);
    } else if (this.exchange || this.isWaiting) {
      this.hold(Buffer.copyBytesFrom(bytes, 0, count));
    } else if (this.held === null) {
      this.read(bytes, count);
    } else {
      const joined = Buffer.concat([this.held, bytes.subarray(0, count)]);
      this.read(joined, joined.length);
    }
  }

  private gatherMore(gathering: Gathering, bytes: Buffer, count: number): void {
    if (!gathering.push(bytes, count)) return;
    gathering.stop();
    this.gathering = null;
    this.read(gathering.bytes, gathering.bytes.length);
  }

  /** Keeps what arrived too early, and pauses the client. */
  private hold(chunk: Buffer): void {
    this.held = this.held === null ? chunk : Buffer.concat([this.held, chunk]);
    this.socket.pause();
  }

  /** The exchange is over and its request fully read. */
  private next(): void {
    this.body = null;
    // The answers to a client that keeps asking without reading must not pile up here.
    if (this.socket.writableNeedDrain) this.socket.pause();
    else this.goOn();
  }

  private goOn(): void {
    const { held } = this;
    this.held = null;
    if (held) this.read(held, held.length);
    if (this.socket.isPaused()) this.socket.resume();
  }

  /** What a request waited for is known, or it has waited long enough. */
  goOnWaited(): void {
    if (!this.isWaiting) return;
    this.isWaiting = false;
    if (this.socket.destroyed || this.socket.writableEnded) return;
    this.hasWaited = true;
    this.goOn();
  }

  private read(bytes: Buffer, count: number): void {
    this.isExpiring = false;
    if (this.timeoutMs !== this.front.idleMs) this.setTimeout(this.front.idleMs);
    this.held = null;
    try {
      switch (this.front.begin(this, bytes, count)) {
        case 'begun':
          this.awaitsHeadSince = null;
          this.hasWaited = false;
          break;
        case 'partial':
          this.held = Buffer.copyBytesFrom(bytes, 0, count);
          this.awaitsHeadSince ??= this.front.now();
          break;
        case 'gathering':
          this.awaitsHeadSince = null;
          this.gathering?.push(bytes, count);
          break;
        case 'waiting':
          this.awaitsHeadSince = null;
          this.held = Buffer.copyBytesFrom(bytes, 0, count);
          this.isWaiting = true;
          break;
        case 'doubtful':
          this.front.handOver(this, Buffer.copyBytesFrom(bytes, 0, count));
      }
    } catch (error) {
      // Reported here because this may run inside the end of the previous request, which is not involved.
      this.fault(error, 'request', this.front.requestId);
    }
  }

  /** Our own code threw: the request gets a 500 while that is possible, and nothing more is read from the connection. */
  fault(error: unknown, where: FaultPlace, requestId: string | null = null): void {
    const { exchange, front, gathering, socket } = this;
    if (exchange) {
      exchange.onFault(error, where);
      return;
    }
    front.faults.report(error, where, requestId);
    front.faults.attempt(() => gathering?.stop(), where);
    const isAnswered = front.faults.attempt(() => {
      this.release();
      if (!socket.destroyed) refuseSocket(socket, failure(requestId));
    }, where);
    if (!isAnswered) socket.destroy();
  }

  /** Runs a callback of the socket and contains what it throws. */
  contain(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.fault(error, 'client');
    }
  }

  /** A client that ends its side gets no more answers, as with node:http. */
  ended(): void {
    if ((this.body && !this.body.isWhole) || this.gathering) this.socket.destroy();
    else if (this.held === null || this.exchange || this.isWaiting) this.socket.end();
    else {
      this.release();
      refuseSocket(this.socket, refusalOf({ name: '', message: '', code: 'HPE_INVALID_EOF_STATE' }));
    }
  }

  drained(): void {
    this.setTimeout(this.front.idleMs);
    if (this.exchange) this.side.drained();
    else if (this.body === null) this.goOn();
  }

  /** Nothing was read or taken for a while. Heads, bodies and the upstream have timers of their own. */
  timedOut(): void {
    const { idleMs, downloadMs } = this.front;
    if (this.socket.writableLength > 0) {
      if (this.timeoutMs === downloadMs) this.socket.destroy();
      else this.setTimeout(downloadMs);
    } else if (this.isIdle) {
      if (this.isExpiring) this.socket.destroy();
      else if (this.timeoutMs >= idleMs) this.expireSoon();
      else this.setTimeout(idleMs);
    }
  }

  private expireSoon(): void {
    this.isExpiring = true;
    this.setTimeout(KEEP_ALIVE_GRACE_MS);
  }

  private setTimeout(ms: number): void {
    this.timeoutMs = ms;
    this.socket.setTimeout(ms);
  }

  closed(): void {
    this.contain(() => this.exchange?.abandon());
    this.contain(() => this.body?.stopWaiting());
    this.contain(() => this.gathering?.stop());
    this.front.closed(this);
  }
}
