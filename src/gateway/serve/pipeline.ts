import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Faults } from '../http/faults.ts';
import { lingerInstead, type Refusal, refuse } from '../http/refuse.ts';
import type { GatewayRequest } from './admit.ts';

export type Outgoing = ServerResponse<GatewayRequest>;

/** Of the heads of requests that wait: one more than these is refused. */
const MOST_WAITING_BYTES = 32_768;
/** Of heads that come after the last answer of a connection, before it is cut off: node:http keeps each until its end. */
const MOST_PASSED_OVER_BYTES = 1_048_576;

/** Methods that ask for nothing but an answer (RFC 9110 section 9.2.1). */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/**
 * Whether a request may run beside others: it changes nothing, and nothing of it makes its answer say `close`, as a body
 * that is cut off, an expectation, or a client that knows no other way would.
 */
function isPlainlySafe({ method = '', httpVersion, headers }: IncomingMessage): boolean {
  if (!SAFE.has(method) || httpVersion !== '1.1') return false;
  return (
    headers['content-length'] === undefined &&
    headers['transfer-encoding'] === undefined &&
    headers.expect === undefined
  );
}

/** About what a request holds while it waits. */
function headBytes({ url = '', rawHeaders }: IncomingMessage): number {
  return rawHeaders.reduce((sum, text) => sum + text.length, url.length);
}

/**
 * The requests of one client connection, each in its turn. Plainly safe ones run side by side and are answered in order; every
 * other one runs alone, or the PUTs of a client would overtake each other (RFC 9112 section 9.3.2). What follows an answer
 * that says `close` is never run (section 9.6).
 */
export class Pipeline {
  private readonly run: (incoming: GatewayRequest, outgoing: Outgoing) => void;
  private readonly faults: Faults;
  private readonly waiting: (readonly [GatewayRequest, Outgoing])[] = [];
  private waitingBytes = 0;
  private passedOverBytes = 0;
  private underWay = 0;
  private state: 'open' | 'closing' = 'open';
  /** The request that began last, and whether none may run beside it. */
  private begun: GatewayRequest | null = null;
  private isAlone = false;
  /** One listener for all requests of the connection: Node calls it with the response as `this`. */
  private readonly onClose: (this: Outgoing) => void;
  /** The answer to the request that came last, until it is over. */
  private last: Outgoing | null = null;

  /** `run` begins a request, and must not throw. */
  constructor(run: (incoming: GatewayRequest, outgoing: Outgoing) => void, faults: Faults) {
    this.run = run;
    this.faults = faults;
    const closed = (outgoing: Outgoing): void => {
      // One that is not known to have ended would keep all others waiting.
      if (!faults.attempt(() => this.ended(outgoing), 'client')) outgoing.req.socket.destroy();
    };
    this.onClose = function onClose() {
      closed(this);
    };
  }

  get isBusy(): boolean {
    return this.underWay > 0;
  }

  get isAnswering(): boolean {
    return this.last !== null;
  }

  /** Whether one more is within the bounds; `most`: how many may be under way or wait for their turn. */
  hasRoom(most: number): boolean {
    return this.underWay + this.waiting.length < most && this.waitingBytes < MOST_WAITING_BYTES;
  }

  /** What comes after the last answer of a connection was sent before its end could be seen, and is not trusted. */
  get takesMore(): boolean {
    return this.state === 'open' && !hasSaidClose(this.last);
  }

  add(incoming: GatewayRequest, outgoing: Outgoing, drain: 'draining' | 'open'): void {
    const before = this.last;
    this.last = outgoing;
    if (drain === 'draining') {
      this.sayLast();
      if (before && !before.headersSent) before.shouldKeepAlive = true;
    }
    if (this.waiting.length === 0 && this.mayBegin(incoming)) this.begin(incoming, outgoing);
    else {
      this.waiting.push([incoming, outgoing]);
      this.waitingBytes += headBytes(incoming);
    }
  }

  /**
   * A request that came after the last that is answered. While answers are under way nothing more is read: all that came before
   * it is here. Afterwards it is read away, within bounds, so that the last answer is not reset away.
   */
  passOver(incoming: GatewayRequest): void {
    const { socket } = incoming;
    if (this.isBusy) {
      this.stopReading(socket);
      return;
    }
    this.passedOverBytes += headBytes(incoming);
    if (this.passedOverBytes > MOST_PASSED_OVER_BYTES) socket.destroy();
  }

  /** A tunnel has the connection from now on. */
  occupy(): void {
    this.underWay++;
  }

  /** Refuses the request that came last, whose answer has not begun; false where it has. */
  refuseLast(refusal: Refusal): boolean {
    const { last } = this;
    if (!last || last.headersSent) return false;
    this.close();
    refuse(last, refusal, 'close');
    return true;
  }

  /** No request that comes from now on is taken, nor read; those that wait still have their turn. */
  refuseMore(socket: Socket): void {
    this.state = 'closing';
    this.stopReading(socket);
  }

  private stopReading(socket: Socket): void {
    lingerInstead(socket);
    // node:http resumes the socket in the tick behind each whole request.
    queueMicrotask(() => {
      this.faults.attempt(() => {
        if (this.isBusy) socket.pause();
      }, 'client');
    });
  }

  /** The answer to the request that began last is the last of the connection: what waits behind it never begins. */
  close(): void {
    this.state = 'closing';
    this.waiting.length = 0;
    this.waitingBytes = 0;
  }

  /** The gateway drains: an answer whose head is not written yet says that it is the last. */
  sayLast(): void {
    if (this.last && !this.last.headersSent) this.last.shouldKeepAlive = false;
  }

  private mayBegin(incoming: GatewayRequest): boolean {
    return this.underWay === 0 || (!this.isAlone && isPlainlySafe(incoming));
  }

  private begin(incoming: GatewayRequest, outgoing: Outgoing): void {
    if (this.underWay++ > 0 && this.begun) this.begun.isFollowed = true;
    this.begun = incoming;
    this.isAlone = !isPlainlySafe(incoming);
    outgoing.on('close', this.onClose);
    this.run(incoming, outgoing);
  }

  private ended(outgoing: Outgoing): void {
    this.underWay--;
    if (hasSaidClose(outgoing) || outgoing.req.socket.destroyed) this.close();
    // An idle connection must not keep the request that it carried last.
    if (this.last === outgoing) this.last = null;
    if (this.underWay === 0) this.begun = null;
    for (let [next] = this.waiting; next && this.mayBegin(next[0]); [next] = this.waiting) {
      this.waiting.shift();
      this.waitingBytes -= headBytes(next[0]);
      this.begin(...next);
    }
  }
}

/** RFC 9112 section 9.6: after `close` was sent, no further request of the connection is processed. */
function hasSaidClose(answer: Outgoing | null): boolean {
  return answer?.headersSent === true && !answer.shouldKeepAlive;
}
