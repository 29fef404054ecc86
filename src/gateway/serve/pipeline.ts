import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Faults } from '../http/faults.ts';
import { lingerInstead, type Refusal, refuse } from '../http/refuse.ts';
import type { GatewayRequest } from './admit.ts';

export type Outgoing = ServerResponse<GatewayRequest>;

/** For the heads of waiting requests; a request beyond this is refused. */
const MOST_WAITING_BYTES = 32_768;
/** For heads after the last answer of a connection, before it is cut off; node:http keeps each until the end. */
const MOST_PASSED_OVER_BYTES = 1_048_576;

/** Methods that ask for nothing but an answer (RFC 9110 section 9.2.1). */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/**
 * Whether a request may run beside others: it changes nothing, and nothing about it makes its answer say `close`, such as a
 * body that is cut off, an expectation, or an HTTP/1.0 client.
 */
function isPlainlySafe({ method = '', httpVersion, headers }: IncomingMessage): boolean {
  if (!SAFE.has(method) || httpVersion !== '1.1') return false;
  return (
    headers['content-length'] === undefined &&
    headers['transfer-encoding'] === undefined &&
    headers.expect === undefined
  );
}

/** Roughly what a request holds while it waits. */
function headBytes({ url = '', rawHeaders }: IncomingMessage): number {
  return rawHeaders.reduce((sum, text) => sum + text.length, url.length);
}

/**
 * The requests of one client connection, each in its turn. Plainly safe ones run side by side and are answered in order;
 * every other request runs alone, or a client's PUTs would overtake each other (RFC 9112 section 9.3.2). What follows an answer
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
  /** The request that began last, and whether it must run alone. */
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
      // If a request is not known to have ended, all others would wait forever.
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

  /** Whether there is room for one more; `most`: how many may be in progress or wait for their turn. */
  hasRoom(most: number): boolean {
    return this.underWay + this.waiting.length < most && this.waitingBytes < MOST_WAITING_BYTES;
  }

  /** What follows the last answer of a connection was sent before its end could be seen, and is not trusted. */
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
   * A request after the last one that is answered. While answers are in progress nothing more is read: all that came before
   * it is here. Afterwards it is read and discarded, within bounds, so that no reset destroys the last answer.
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

  /** A tunnel owns the connection from now on. */
  occupy(): void {
    this.underWay++;
  }

  /** Refuses the request that came last if its answer has not begun; otherwise returns false. */
  refuseLast(refusal: Refusal): boolean {
    const { last } = this;
    if (!last || last.headersSent) return false;
    this.close();
    refuse(last, refusal, 'close');
    return true;
  }

  /** From now on, no request is read or accepted; waiting requests still get their turn. */
  refuseMore(socket: Socket): void {
    this.state = 'closing';
    this.stopReading(socket);
  }

  private stopReading(socket: Socket): void {
    lingerInstead(socket);
    // node:http resumes the socket in the tick after each complete request.
    queueMicrotask(() => {
      this.faults.attempt(() => {
        if (this.isBusy) socket.pause();
      }, 'client');
    });
  }

  /** The answer to the request that began last is the connection's last: requests that wait behind it never begin. */
  close(): void {
    this.state = 'closing';
    this.waiting.length = 0;
    this.waitingBytes = 0;
  }

  /** The gateway drains: answers whose head is not written yet will say that they are the last. */
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
    // An idle connection must not retain its last request.
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
