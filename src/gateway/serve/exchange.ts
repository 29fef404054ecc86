import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FaultPlace, Faults } from '../http/faults.ts';
import { type AnswerBody, answerHeaders, forwardedTrailers, headerLines } from '../http/headers.ts';
import { failure, type Refusal, refuse } from '../http/refuse.ts';
import { charge, conclude, culpritOf, mayFailOver, refusalFor } from '../measure/charge.ts';
import type { Ticket } from '../measure/open-block.ts';
import type { RouteRecorder } from '../measure/recorder.ts';
import { AnswerTaking } from '../measure/taking.ts';
import { mappedHead } from '../route/answer-places.ts';
import type { Stream } from '../route/destinations.ts';
import type { Attempt, Failover } from '../route/failover.ts';
import type { AnswerHandler, Failure, UpstreamCall, UpstreamHead } from '../upstream/upstream-client.ts';
import type { Upload } from './upload.ts';

export interface ExchangeParts {
  readonly incoming: IncomingMessage & { readonly isFollowed?: boolean };
  readonly outgoing: ServerResponse;
  readonly upload: Upload | null;
  readonly attempt: Attempt;
  readonly failover: Failover | null;
  readonly recorder: RouteRecorder;
  readonly ticket: Ticket;
  readonly setCookie: string | null;
  readonly requestId: string;
  readonly faults: Faults;
}

interface PendingHead {
  readonly status: number;
  readonly reason: string;
  readonly headers: string[];
}

/** Up to here a copy as text is cheaper than a buffer of its own. */
const SMALL_PIECE = 4_096;

const ignore = (): void => {};

/**
 * One request and its answer: what the upstream client reports goes to the client, and what happens to the client
 * goes to the upstream. Whichever way it ends, it ends once, and the recorder learns of it.
 */
export class Exchange implements AnswerHandler, Stream {
  private readonly parts: ExchangeParts;
  private attempt: Attempt;
  private failover: Failover | null;
  private call: UpstreamCall | null = null;
  private state: 'waiting' | 'answering' | 'ended' = 'waiting';
  private body: AnswerBody = 'none';
  private isStream = false;
  /** While the answer waits for the client; null until it has to. */
  private taking: AnswerTaking | null = null;
  /** What is to be written and has not been: as long as nothing has gone out, the answer can still be another one. */
  private head: PendingHead | null = null;
  /** A small first piece of the body, in latin1: node:http writes it with the head as one text. */
  private unwritten = '';

  constructor(parts: ExchangeParts) {
    this.parts = parts;
    this.attempt = parts.attempt;
    this.failover = parts.failover;
    const { incoming, outgoing } = parts;
    outgoing.on('close', this.onClientClose);
    outgoing.on('timeout', this.onIdle);
    outgoing.on('drain', this.onDrain);
    // Failures arrive as `close`; without a listener, `error` would crash the process.
    outgoing.on('error', ignore);
    // Before Node 24 a response that waits in a pipeline is not told when the connection goes.
    if (!outgoing.socket) incoming.socket.once('close', this.onClientClose);
  }

  /** Asks the version that was chosen. */
  begin(): void {
    const { destination, request } = this.attempt;
    try {
      this.call = destination.client.request(request, this);
    } catch (error) {
      this.onFault(error, 'request');
    }
  }

  onConnection(address: string | null): void {
    this.parts.ticket.upstream = address;
  }

  onInform(head: UpstreamHead): void {
    const { incoming, outgoing } = this.parts;
    // 100 goes out when the upload starts.
    if (head.status === 100) return;
    // 1xx answers pass (RFC 9110 section 15.2), except to clients and places in a pipeline that cannot take them.
    if (incoming.httpVersion === '1.0' || !outgoing.socket || this.state !== 'waiting') return;
    const { status, reason, rawHeaders } = mappedHead(head, this.attempt);
    const { httpVersion } = incoming;
    const { headers } = answerHeaders({
      rawHeaders,
      status,
      method: 'HEAD',
      httpVersion,
      version: null,
      setCookie: null,
    });
    outgoing.socket.write(`HTTP/1.1 ${status} ${reason}\r\n${headerLines(headers)}\r\n`, 'latin1');
  }

  onHead(from: UpstreamHead): void {
    const { status, reason, rawHeaders, isEventStream } = mappedHead(from, this.attempt);
    const { incoming, upload, recorder, ticket, setCookie } = this.parts;
    upload?.forget();
    const { version, destination } = this.attempt;
    const head = answerHeaders({
      rawHeaders,
      status,
      method: incoming.method ?? '',
      httpVersion: incoming.httpVersion,
      version,
      setCookie,
    });
    this.head = { status, reason, headers: head.headers };
    this.body = head.body;
    this.state = 'answering';
    this.isStream = isEventStream;
    if (this.isStream) destination.streams.add(this);
    recorder.answered(ticket, status, this.isStream ? 'stream' : 'whole');
  }

  onData(chunk: Buffer): boolean {
    const { outgoing } = this.parts;
    if (this.unwritten === '' && chunk.length <= SMALL_PIECE) {
      this.unwritten = chunk.toString('latin1');
      return !outgoing.writableNeedDrain || this.holdBack();
    }
    this.writeHead();
    this.flush();
    // node:http holds it until the socket is uncorked, or for as long as other answers of a pipeline come first.
    return outgoing.write(Buffer.from(chunk)) || this.holdBack();
  }

  private holdBack(): false {
    this.taking ??= new AnswerTaking(this.attempt.request.share);
    this.taking.begin(performance.now());
    return false;
  }

  /** A body that came with the head goes out with it; otherwise the head must not wait for a body. */
  onPause(): void {
    if (this.state !== 'answering') return;
    this.writeHead();
    this.flush();
    this.parts.outgoing.flushHeaders();
  }

  onEnd(rawTrailers: readonly string[]): void {
    const { outgoing, recorder, ticket } = this.parts;
    if (!this.finish()) return;
    this.writeHead();
    if (rawTrailers.length > 0 && this.body === 'chunked')
      outgoing.addTrailers(pairsOf(forwardedTrailers(rawTrailers, null)));
    if (this.unwritten === '') outgoing.end();
    else outgoing.end(this.unwritten, 'latin1');
    conclude(recorder, ticket);
  }

  onError(failure: Failure): void {
    const { recorder, ticket, outgoing } = this.parts;
    const side = { untaken: outgoing.writableLength, taking: this.taking };
    const culprit = culpritOf(failure, ticket, side, performance.now());
    charge(recorder, ticket, culprit);
    // An answer of which nothing has gone out is none yet.
    const isOpen = !outgoing.headersSent && this.state !== 'ended' && mayFailOver(culprit);
    const second = isOpen ? this.failover?.(this.attempt.request, failure) : null;
    this.failover = null;
    if (second) {
      this.startOver();
      this.attempt = second;
      this.begin();
      return;
    }
    if (!this.finish()) return;
    if (outgoing.headersSent) this.breakOff();
    else this.refuse(refusalFor(failure.kind));
  }

  onFault(error: unknown, where: FaultPlace = 'answer'): void {
    const { incoming, outgoing, recorder, ticket, faults, requestId } = this.parts;
    const attempt = (step: () => void): boolean => faults.attempt(step, where, requestId);
    faults.report(error, where, requestId);
    this.state = 'ended';
    attempt(() => recorder.withdraw(ticket));
    attempt(() => this.call?.abort());
    attempt(() => this.letGo());
    // A whole answer stays one.
    if (outgoing.writableEnded) return;
    const isHandled = attempt(() => {
      if (outgoing.headersSent) this.breakOff();
      else refuse(outgoing, failure(requestId), incoming.isFollowed ? 'keep' : 'close');
    });
    if (!isHandled) incoming.socket.destroy();
  }

  /** The client sends more than the gateway takes, or too slowly, which is no fault of any version. */
  cut(refusal: Refusal): void {
    if (!this.finish()) return;
    this.parts.recorder.leave(this.parts.ticket);
    this.call?.abort();
    if (this.parts.outgoing.headersSent) this.breakOff();
    else refuse(this.parts.outgoing, refusal, 'close');
  }

  /** Ends an event stream whose version has left the route; that is no fault of the version. */
  close(): void {
    if (!this.finish()) return;
    this.parts.recorder.complete(this.parts.ticket);
    this.breakOff();
    this.call?.abort();
  }

  private readonly onClientClose = (): void => {
    try {
      if (!this.finish()) return;
      this.parts.recorder.leave(this.parts.ticket);
      this.call?.abort();
    } catch (error) {
      this.onFault(error, 'client');
    }
  };

  private readonly onDrain = (): void => {
    try {
      this.taking?.end(performance.now());
      this.call?.resume();
    } catch (error) {
      this.onFault(error, 'client');
    }
  };

  /** Nothing has moved on the client's connection for a while: it has failed if there is something for it to take. */
  private readonly onIdle = (): void => {
    try {
      this.idle();
    } catch (error) {
      this.onFault(error, 'client');
    }
  };

  private idle(): void {
    const { incoming, outgoing } = this.parts;
    if (outgoing.writableLength > 0) incoming.socket.destroy();
  }

  /** Forgets an answer of which nothing has gone out. */
  private startOver(): void {
    if (this.isStream) this.attempt.destination.streams.delete(this);
    this.state = 'waiting';
    this.head = null;
    this.unwritten = '';
    this.isStream = false;
  }

  private writeHead(): void {
    if (!this.head) return;
    const { status, reason, headers } = this.head;
    this.head = null;
    this.parts.outgoing.writeHead(status, reason, headers);
  }

  private flush(): void {
    if (this.unwritten === '') return;
    const text = this.unwritten;
    this.unwritten = '';
    this.parts.outgoing.write(text, 'latin1');
  }

  private refuse(refusal: Refusal): void {
    const { outgoing, setCookie } = this.parts;
    const { version } = this.attempt;
    const headers = [
      ...(version === null ? [] : ['X-Serin-Version', version]),
      ...(setCookie === null ? [] : ['Set-Cookie', setCookie]),
    ];
    refuse(outgoing, refusal, 'keep', headers);
  }

  /** A reset, because to a client that reads until the end of the connection a plain end would look complete. */
  private breakOff(): void {
    const { socket } = this.parts.incoming;
    if ('resetAndDestroy' in socket) socket.resetAndDestroy();
  }

  /** True for the first end of the exchange, false for every later one. */
  private finish(): boolean {
    if (this.state === 'ended') return false;
    this.state = 'ended';
    this.letGo();
    return true;
  }

  private letGo(): void {
    const { incoming, upload } = this.parts;
    upload?.stop();
    this.taking?.end(performance.now());
    incoming.socket.off('close', this.onClientClose);
    if (this.isStream) this.attempt.destination.streams.delete(this);
  }
}

function pairsOf(flat: readonly string[]): [string, string][] {
  return flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1] ?? ''] as [string, string]] : []));
}
