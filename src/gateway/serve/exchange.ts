import type { FaultPlace, Faults } from '../http/faults.ts';
import { failure, problemOf, type Refusal } from '../http/refuse.ts';
import { charge, conclude, culpritOf, mayFailOver, refusalFor, settleKind } from '../measure/charge.ts';
import type { OpenReading } from '../measure/reading/readers.ts';
import type { RouteRecorder } from '../measure/recorder.ts';
import type { AnswerTaker } from '../measure/route-reading.ts';
import type { Ticket } from '../measure/ticket.ts';
import { countKind } from '../measure/totals.ts';
import { AnswerTaking, type Leaving } from '../measure/turn.ts';
import type { Mirroring } from '../mirror/mirroring.ts';
import { mappedHead } from '../route/answer-places.ts';
import { noticedHead } from '../route/deprecation.ts';
import type { Stream } from '../route/destinations.ts';
import type { Attempt, Failover } from '../route/failover.ts';
import type { AnswerHandler, Failure, UpstreamCall, UpstreamHead } from '../upstream/upstream-client.ts';
import type { ClientSide, ExchangeEvents } from './client-side.ts';

const NO_TRAILERS: readonly string[] = [];

/** What the heads of the gateway's own answers share. */
const OWN_HEAD = {
  passing: null,
  hasDate: false,
  isEventStream: false,
  isJson: false,
  namesPlaces: false,
  body: 'sized',
  length: null,
} as const;

export interface ExchangeOwner {
  /**
   * The answer has been written completely, and counted: `whole`. `faulty`: our own code threw after the end was written. Not
   * called after an answer that broke.
   */
  answered(how: 'whole' | 'faulty'): void;
}

export interface ExchangeParts {
  readonly side: ClientSide;
  /** The body of the request, while it is a stream. */
  readonly upload: { forget(): void; stop(): void } | null;
  readonly attempt: Attempt;
  readonly failover: Failover | null;
  readonly recorder: RouteRecorder;
  readonly ticket: Ticket;
  readonly setCookie: string | null;
  readonly requestId: string;
  readonly faults: Faults;
  /** Null unless the request is to be sent again. */
  readonly mirroring: Mirroring | null;
  /** Null where the client's server notices by itself. */
  readonly owner: ExchangeOwner | null;
}

/**
 * One request and its answer: passes what the upstream client reports to the client's side, and what happens there to the
 * upstream. Failover, recording, waiting for the client and containment are decided here for every protocol. An exchange
 * ends once, and tells the recorder.
 */
export class Exchange implements AnswerHandler, AnswerTaker, Stream, ExchangeEvents {
  private readonly parts: ExchangeParts;
  private readonly side: ClientSide;
  private attempt: Attempt;
  private failover: Failover | null;
  private call: UpstreamCall | null = null;
  private state: 'waiting' | 'answering' | 'ended' = 'waiting';
  /** Whether the answer has been written completely. */
  private isWhole = false;
  /** Whether an interim answer has gone out, which may show the version. */
  private isInformed = false;
  private isStream = false;
  /** Of the body, in bytes. */
  private received = 0;
  /** Null when nothing is read of the answer. */
  private reading: OpenReading | null = null;
  /** Tracks the time that the answer waits for the client; null until it has to wait. */
  private taking: AnswerTaking | null = null;

  constructor(parts: ExchangeParts) {
    this.parts = parts;
    this.side = parts.side;
    this.attempt = parts.attempt;
    this.failover = parts.failover;
  }

  /** Sends the request to the chosen version. */
  begin(): void {
    const { destination, request } = this.attempt;
    try {
      this.call = destination.client.request(request, this);
    } catch (error) {
      this.onFault(error, 'request');
    }
  }

  onConnection(address: string | null): void {
    this.parts.recorder.reached(this.parts.ticket, address);
  }

  onInform(head: UpstreamHead): void {
    // 100 goes out when the upload starts.
    if (this.state !== 'waiting' || head.status === 100) return;
    this.isInformed = true;
    this.writeHead(mappedHead(head, this.attempt), 'keep');
  }

  onHead(head: UpstreamHead): void {
    const { upload, recorder, ticket } = this.parts;
    upload?.forget();
    countKind(ticket.totals.kinds, head);
    const mapped = mappedHead(head, this.attempt);
    this.writeHead(noticedHead(mapped, this.attempt.notice), 'keep');
    this.state = 'answering';
    this.isStream = head.isEventStream;
    if (this.isStream) this.attempt.destination.streams.add(this);
    recorder.answered(ticket, head.status, this.isStream ? 'stream' : 'whole');
    this.reading = recorder.reading.begin(this.parts, head, this);
    this.parts.mirroring?.head(mapped);
  }

  onData(chunk: Buffer): boolean {
    this.received += chunk.length;
    this.reading?.data(chunk);
    this.parts.mirroring?.data(chunk);
    if (this.side.piece(chunk)) return true;
    this.taking ??= new AnswerTaking(this.attempt.request.share);
    this.taking.begin(performance.now());
    return false;
  }

  /** A body that came with the head goes out with it; otherwise the head must not wait for a body. */
  onPause(): void {
    if (this.state === 'answering') this.side.flush();
  }

  onEnd(trailers: readonly string[]): void {
    const { recorder, ticket, mirroring, owner } = this.parts;
    if (!this.finish('whole')) return;
    this.side.end(trailers);
    this.isWhole = true;
    const body = this.received > 0 || this.isStream ? 'some' : 'empty';
    if (this.reading !== null) this.endReading(this.reading, trailers, body);
    conclude(recorder, ticket, body);
    mirroring?.end();
    owner?.answered('whole');
  }

  onError(failure: Failure): void {
    const { side, taking } = this;
    const { recorder, ticket } = this.parts;
    const culprit = culpritOf(failure, ticket, { untaken: side.untaken, taking }, performance.now());
    charge(recorder, ticket, culprit, failure.kind);
    // While nothing has gone out, the request can still be answered differently.
    const isOpen = !side.isOut && this.state !== 'ended' && mayFailOver(culprit);
    const second = isOpen ? this.failover?.(this.attempt.request, failure) : null;
    this.failover = null;
    if (second) {
      this.startOver();
      this.attempt = second;
      this.begin();
    } else if (this.finish('broken')) this.giveUp(refusalFor(failure.kind), 'keep');
  }

  onFault(error: unknown, where: FaultPlace = 'answer'): void {
    const { recorder, ticket, faults, requestId } = this.parts;
    const attempt = (step: () => void): boolean => faults.attempt(step, where, requestId);
    faults.report(error, where, requestId);
    this.state = 'ended';
    attempt(() => recorder.withdraw(ticket));
    attempt(() => this.call?.abort());
    attempt(() => this.letGo());
    attempt(() => this.stopReading('broken'));
    const isAnswered = this.isWhole || attempt(() => this.giveUp(failure(requestId), 'close'));
    // A complete answer stays complete.
    if (this.isWhole) attempt(() => this.parts.owner?.answered('faulty'));
    else if (!isAnswered) this.side.end('broken');
  }

  /** The client sends more than the gateway takes, or too slowly; no version is to blame. */
  cut(refusal: Refusal): void {
    if (!this.finish('broken')) return;
    this.parts.recorder.leave(this.parts.ticket);
    this.call?.abort();
    this.giveUp(refusal, 'close');
  }

  drained(): void {
    this.taking?.end(performance.now());
    this.call?.resume();
  }

  abandon(): void {
    const { recorder, ticket } = this.parts;
    const turn = this.leaving();
    if (!this.finish('left')) return;
    recorder.abandon(ticket, turn);
    this.call?.abort();
  }

  /** Ends an event stream whose version has left the route; the version is not to blame. */
  close(): void {
    if (!this.finish('left')) return;
    this.parts.recorder.complete(this.parts.ticket);
    this.call?.abort();
    this.side.end('broken');
  }

  takingMs(now: number): number {
    return this.taking?.totalMs(now) ?? 0;
  }

  private endReading(reading: OpenReading, trailers: readonly string[], body: 'empty' | 'some'): void {
    const { recorder, ticket } = this.parts;
    settleKind(recorder, ticket, body);
    const now = performance.now();
    const ms = ticket.ageAt(now) - this.takingMs(now);
    recorder.reading.end(reading, {
      trailers,
      ms,
      isCompared: ticket.latencyMs !== null,
      bytes: this.received,
      uploadMs: ticket.uploadMs,
    });
  }

  private stopReading(why: 'left' | 'broken'): void {
    const { reading } = this;
    this.parts.mirroring?.drop();
    this.reading = null;
    if (reading !== null) this.parts.recorder.reading.stop(reading, why);
  }

  private leaving(): Leaving {
    const { ticket } = this.parts;
    const isStarved = ticket.upload?.isStarved ?? false;
    if (this.state === 'answering') {
      if (ticket.status === 408 && isStarved) return 'clients';
      const isOwed = !this.isStream && this.taking === null && this.side.untaken === 0;
      return isOwed ? 'rest' : 'answered';
    }
    return this.isInformed || isStarved ? 'clients' : 'versions';
  }

  /** Drops an answer of which nothing has gone out; the next head replaces it on the client's side. */
  private startOver(): void {
    if (this.isStream) this.attempt.destination.streams.delete(this);
    this.state = 'waiting';
    this.isStream = false;
    this.received = 0;
    this.stopReading('broken');
    this.taking?.end(performance.now());
  }

  private writeHead(head: UpstreamHead, connection: 'keep' | 'close'): void {
    const { version, destination, request } = this.attempt;
    const versionLine = version === null ? '' : destination.versionLine;
    this.side.head(head, { method: request.method, version, versionLine, setCookie: this.parts.setCookie }, connection);
  }

  /** Answers in place of the upstream if still possible; otherwise the client has to see that its answer is incomplete. */
  private giveUp(refusal: Refusal, connection: 'keep' | 'close'): void {
    const { side } = this;
    if (side.isOut) {
      side.end('broken');
      return;
    }
    const { reason, head: rawHeaders, body } = problemOf(refusal, []);
    this.writeHead({ ...OWN_HEAD, status: refusal.status, reason, rawHeaders }, connection);
    side.piece(body);
    side.end(NO_TRAILERS);
    this.isWhole = true;
    this.parts.owner?.answered('whole');
  }

  /** True for the first end of the exchange, false for every later one. */
  private finish(answer: 'whole' | 'left' | 'broken'): boolean {
    if (this.state === 'ended') return false;
    this.state = 'ended';
    this.letGo();
    if (answer !== 'whole') this.stopReading(answer);
    return true;
  }

  private letGo(): void {
    this.parts.upload?.stop();
    this.taking?.end(performance.now());
    if (this.isStream) this.attempt.destination.streams.delete(this);
  }
}
