import type { Socket } from 'node:net';
import type { FaultPlace, Faults } from '../../http/faults.ts';
import { type AnswerBody, forwardedTrailers, headerLines } from '../../http/headers.ts';
import { failure, problemOf, type Refusal } from '../../http/refuse.ts';
import { charge, conclude, culpritOf, mayFailOver, refusalFor } from '../../measure/charge.ts';
import type { Ticket } from '../../measure/open-block.ts';
import type { RouteRecorder } from '../../measure/recorder.ts';
import { AnswerTaking } from '../../measure/taking.ts';
import { mappedHead } from '../../route/answer-places.ts';
import type { Stream } from '../../route/destinations.ts';
import type { Attempt, Failover } from '../../route/failover.ts';
import type { AnswerHandler, Failure, UpstreamCall, UpstreamHead } from '../../upstream/upstream-client.ts';
import type { AnswerWriter } from './answer-text.ts';
import type { RequestBody } from './request-body.ts';

/** Up to here a piece of a body is copied behind what goes out before it, which is cheaper than a second buffer. */
const SMALL_PIECE = 4_096;
/** What is written as one text at most: node:net encodes it on the stack up to there. */
const SMALL_TEXT = 16_384;

/** The client's connection, as its exchange sees it. */
export interface ExchangeOwner {
  readonly socket: Socket;
  /** What becomes of the connection after an answer whose head is written now. */
  after(): 'keep' | 'close';
  /** The client does not take what is written at once. */
  heldBack(): void;
  /** The exchange is over and its answer written. */
  answered(after: 'keep' | 'close'): void;
}

export interface PlainParts {
  readonly owner: ExchangeOwner;
  readonly body: RequestBody | null;
  readonly attempt: Attempt;
  readonly failover: Failover | null;
  readonly setCookie: string | null;
  readonly recorder: RouteRecorder;
  readonly ticket: Ticket;
  readonly writer: AnswerWriter;
  readonly requestId: string;
  readonly faults: Faults;
}

/** One plain request and its answer: Exchange, with the client's side written here instead of by node:http. */
export class PlainExchange implements AnswerHandler, Stream {
  private readonly parts: PlainParts;
  private readonly socket: Socket;
  private attempt: Attempt;
  private failover: Failover | null;
  private call: UpstreamCall | null = null;
  private state: 'waiting' | 'answering' | 'ended' = 'waiting';
  private framing: AnswerBody = 'none';
  private after: 'keep' | 'close' = 'keep';
  /** In latin1: what is to be written and has not been. */
  private unwritten = '';
  private isHeldBack = false;
  /** Pieces of the body that were written and not yet reported as taken. */
  private untaken = 0;
  private onTaken: (() => void) | null = null;
  private isStream = false;
  /** While the answer waits for the client; null until it has to. */
  private taking: AnswerTaking | null = null;
  /** Whether anything of the final answer has been written. */
  private isOut = false;

  constructor(parts: PlainParts) {
    this.parts = parts;
    this.socket = parts.owner.socket;
    this.attempt = parts.attempt;
    this.failover = parts.failover;
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
    // 100 goes out when the upload starts, and here nobody asks for it.
    if (this.state !== 'waiting' || head.status === 100) return;
    this.socket.write(this.parts.writer.interim(mappedHead(head, this.attempt)), 'latin1');
  }

  onHead(head: UpstreamHead): void {
    const { owner, body: upload, setCookie, recorder, ticket, writer } = this.parts;
    const { destination, request, version } = this.attempt;
    upload?.forget();
    this.after = owner.after();
    const versionLine = version === null ? '' : destination.versionLine;
    const asker = { method: request.method, version, versionLine, setCookie };
    const { text, body } = writer.final(mappedHead(head, this.attempt), asker, this.after);
    const { isEventStream } = head;
    this.state = 'answering';
    this.framing = body;
    this.isStream = isEventStream;
    if (isEventStream) destination.streams.add(this);
    recorder.answered(ticket, head.status, isEventStream ? 'stream' : 'whole');
    this.unwritten += text;
  }

  onData(chunk: Buffer): boolean {
    const isChunked = this.framing === 'chunked';
    if (isChunked) this.unwritten += `${chunk.length.toString(16)}\r\n`;
    if (chunk.length <= SMALL_PIECE && this.unwritten.length + chunk.length < SMALL_TEXT) {
      this.unwritten += chunk.toString('latin1');
      if (!this.isHeldBack && this.socket.writableNeedDrain) this.holdBack();
    } else {
      this.pass(chunk);
    }
    if (isChunked) this.unwritten += '\r\n';
    return !this.isHeldBack;
  }

  /** What the socket does not take at once stays where it is, in the memory of the upstream's connection, which waits. */
  private pass(chunk: Buffer): void {
    const { socket } = this;
    this.onTaken ??= () => {
      if (--this.untaken > 0) return;
      try {
        this.drained();
      } catch (error) {
        this.onFault(error, 'client');
      }
    };
    this.untaken++;
    this.isOut = true;
    socket.cork();
    this.flush();
    socket.write(chunk, this.onTaken);
    socket.uncork();
    if (socket.writableLength > 0) this.holdBack();
  }

  private holdBack(): void {
    this.isHeldBack = true;
    this.taking ??= new AnswerTaking(this.attempt.request.share);
    this.taking.begin(performance.now());
    this.parts.owner.heldBack();
  }

  /** What was read at once goes out in one write, and does not wait for more. */
  onPause(): void {
    this.flush();
  }

  onEnd(trailers: readonly string[]): void {
    const { owner, recorder, ticket } = this.parts;
    if (this.framing === 'chunked') {
      this.unwritten +=
        trailers.length === 0 ? '0\r\n\r\n' : `0\r\n${headerLines(forwardedTrailers(trailers, null))}\r\n`;
    }
    this.flush();
    this.finish();
    conclude(recorder, ticket);
    owner.answered(this.after);
  }

  onError(failure: Failure): void {
    const { owner, recorder, ticket } = this.parts;
    const side = { untaken: this.socket.writableLength, taking: this.taking };
    const culprit = culpritOf(failure, ticket, side, performance.now());
    charge(recorder, ticket, culprit);
    // An answer of which nothing has gone out is none yet.
    const isOpen = !this.isOut && this.state !== 'ended' && mayFailOver(culprit);
    const second = isOpen ? this.failover?.(this.attempt.request, failure) : null;
    this.failover = null;
    if (second) {
      this.startOver();
      this.attempt = second;
      this.begin();
      return;
    }
    if (!this.finish()) return;
    if (this.isOut) this.socket.resetAndDestroy();
    else this.refuse(refusalFor(failure.kind), owner.after());
  }

  onFault(error: unknown, where: FaultPlace = 'answer'): void {
    const { recorder, ticket, faults, requestId } = this.parts;
    const { socket, isOut, state } = this;
    const attempt = (step: () => void): boolean => faults.attempt(step, where, requestId);
    faults.report(error, where, requestId);
    this.state = 'ended';
    this.unwritten = '';
    attempt(() => recorder.withdraw(ticket));
    attempt(() => this.call?.abort());
    attempt(() => this.letGo());
    if (socket.destroyed) return;
    if (!isOut && attempt(() => this.refuse(failure(requestId), 'close'))) return;
    // What was written of a whole answer still goes out.
    if (isOut && state === 'ended') socket.destroySoon();
    else socket.resetAndDestroy();
  }

  /** The client takes more again. */
  drained(): void {
    const { writableLength, writableNeedDrain } = this.socket;
    if (!this.isHeldBack || writableNeedDrain || (this.untaken > 0 && writableLength > 0)) return;
    this.isHeldBack = false;
    this.taking?.end(performance.now());
    this.call?.resume();
  }

  /** The client's connection is gone. */
  abandon(): void {
    if (!this.finish()) return;
    this.parts.recorder.leave(this.parts.ticket);
    this.call?.abort();
  }

  /** Calls the request off, whose client sends its body too slowly; says whether it may still be answered. */
  /** Forgets an answer of which nothing has gone out. */
  private startOver(): void {
    if (this.isStream) this.attempt.destination.streams.delete(this);
    this.state = 'waiting';
    this.unwritten = '';
    this.isStream = false;
    this.isHeldBack = false;
    this.taking?.end(performance.now());
  }

  cut(): 'unanswered' | 'answered' {
    const wasAnswered = this.state === 'ended' || this.isOut;
    this.abandon();
    return wasAnswered ? 'answered' : 'unanswered';
  }

  /** Ends an event stream whose version has left the route; that is no fault of the version. */
  close(): void {
    if (!this.finish()) return;
    this.parts.recorder.complete(this.parts.ticket);
    this.call?.abort();
    this.socket.resetAndDestroy();
  }

  private refuse(refusal: Refusal, after: 'keep' | 'close'): void {
    const { owner, setCookie, writer } = this.parts;
    const { request, version } = this.attempt;
    const problem = problemOf(refusal, [
      ...(version === null ? [] : ['X-Serin-Version', version]),
      ...(setCookie === null ? [] : ['Set-Cookie', setCookie]),
    ]);
    const head = writer.text(refusal.status, problem.reason, problem.head, after, 'sized');
    this.isOut = true;
    this.socket.write(request.method === 'HEAD' ? head : head + problem.body.toString('latin1'), 'latin1');
    owner.answered(after);
  }

  private flush(): void {
    if (this.unwritten === '') return;
    const text = this.unwritten;
    this.unwritten = '';
    this.isOut = true;
    this.socket.write(text, 'latin1');
  }

  /** True for the first end of the exchange, false for every later one. */
  private finish(): boolean {
    if (this.state === 'ended') return false;
    this.state = 'ended';
    this.unwritten = '';
    this.letGo();
    return true;
  }

  private letGo(): void {
    this.parts.body?.stop();
    this.taking?.end(performance.now());
    if (this.isStream) this.attempt.destination.streams.delete(this);
  }
}
