import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import { type AnswerBody, answerHeaders, answerTrailers, headerLines } from './headers.ts';
import type { Ticket } from './open-block.ts';
import type { Destination, Stream } from './pools.ts';
import type { RouteRecorder } from './recorder.ts';
import { BAD_ANSWER, LATE_ANSWER, type Refusal, refuse } from './refuse.ts';
import { isResetUnderWay } from './reset.ts';
import type { Upload } from './upload.ts';

type Controller = Dispatcher.DispatchController;

export interface ExchangeParts {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly upload: Upload | null;
  readonly destination: Destination;
  readonly recorder: RouteRecorder;
  readonly ticket: Ticket;
  /** Value of `x-serin-version`, where the route shows it. */
  readonly version: string | null;
  readonly setCookie: string | null;
}

const TIMED_OUT = new Set(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'ETIMEDOUT']);
const ignore = (): void => {};
const GONE = new Error('the client went away');

/**
 * One request and its answer: what undici reports of the upstream goes to the client, and what happens to the client
 * goes to the upstream. Whichever way it ends, it ends once, and the recorder learns of it.
 */
export class Exchange implements Dispatcher.DispatchHandler, Stream {
  private readonly parts: ExchangeParts;
  private controller: Controller | null = null;
  private state: 'waiting' | 'answering' | 'ended' = 'waiting';
  private body: AnswerBody = 'none';
  private isStream = false;

  constructor(parts: ExchangeParts) {
    this.parts = parts;
    const { incoming, outgoing, upload } = parts;
    outgoing.on('close', this.onClientClose);
    outgoing.on('timeout', this.onIdle);
    // Whatever befalls the connection is told by `close`; an unheard error would end the process.
    outgoing.on('error', ignore);
    // Before Node 24 a response that waits in a pipeline is not told when the connection goes.
    if (!outgoing.socket) incoming.socket.once('close', this.onClientClose);
    upload?.on('error', ignore);
  }

  onRequestStart(controller: Controller): void {
    this.controller = controller;
    if (this.state === 'ended') controller.abort(GONE);
  }

  onResponseStart(controller: Controller, status: number, headers: object, reason = ''): void {
    if (status < 200) this.inform(controller, status, reason);
    else this.answer(controller, status, headers, reason);
  }

  private answer(controller: Controller, status: number, headers: object, reason: string): void {
    const { incoming, outgoing, recorder, ticket, version, setCookie, destination } = this.parts;
    const head = answerHeaders({
      rawHeaders: rawHeadersOf(controller.rawHeaders),
      status,
      method: incoming.method ?? '',
      httpVersion: incoming.httpVersion,
      version,
      setCookie,
    });
    outgoing.writeHead(status, printable(reason), head.headers);
    this.body = head.body;
    this.state = 'answering';
    this.isStream = isEventStream((headers as Record<string, unknown>)['content-type']);
    if (this.isStream) destination.streams.add(this);
    recorder.answered(ticket, status, this.isStream ? 'stream' : 'whole');
    // A body that came with the head goes out with it; otherwise the head must not wait for a body.
    process.nextTick(flushHead, outgoing);
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    const { outgoing } = this.parts;
    if (outgoing.write(chunk)) return;
    controller.pause();
    outgoing.once('drain', () => controller.resume());
  }

  onResponseEnd(controller: Controller): void {
    const { outgoing, recorder, ticket } = this.parts;
    if (this.state === 'ended') return;
    if (isResetUnderWay()) throw new Error('the connection was reset');
    const trailers = rawHeadersOf(controller.rawTrailers);
    // Before the end, so that trailers that Node will not write break the answer off.
    if (trailers.length > 0 && this.body === 'chunked') outgoing.addTrailers(answerTrailers(trailers));
    this.finish();
    outgoing.end();
    recorder.complete(ticket);
  }

  onResponseError(_controller: Controller | undefined, error: Error): void {
    const wasAnswering = this.state === 'answering';
    if (!this.finish()) return;
    this.parts.recorder.fail(this.parts.ticket);
    if (wasAnswering) this.breakOff();
    else this.refuse(refusalFor(error));
  }

  /** Ends an event stream whose version has left the route; that is no fault of the version. */
  close(): void {
    if (!this.finish()) return;
    this.parts.recorder.complete(this.parts.ticket);
    this.breakOff();
    this.controller?.abort(new Error('the version left the route'));
  }

  private readonly onClientClose = (): void => {
    if (!this.finish()) return;
    this.parts.recorder.leave(this.parts.ticket);
    this.controller?.abort(GONE);
  };

  /** Nothing has moved on the client's connection for a while: whoever was to move it has failed. */
  private readonly onIdle = (): void => {
    const { incoming, outgoing, upload } = this.parts;
    const isClientsTurn = outgoing.writableLength > 0 || (this.state === 'waiting' && upload?.isStarved === true);
    if (isClientsTurn) incoming.socket.destroy();
    else if (this.state === 'answering' && !this.isStream) this.controller?.abort(new Error('the answer stalled'));
  };

  /** 1xx answers pass (RFC 9110 section 15.2), except to clients and places in a pipeline that cannot take them. */
  private inform(controller: Controller, status: number, reason: string): void {
    const { incoming, outgoing } = this.parts;
    if (incoming.httpVersion === '1.0' || !outgoing.socket || outgoing.headersSent) return;
    const { headers } = answerHeaders({
      rawHeaders: rawHeadersOf(controller.rawHeaders),
      status,
      method: 'HEAD',
      httpVersion: incoming.httpVersion,
      version: null,
      setCookie: null,
    });
    outgoing.socket.write(`HTTP/1.1 ${status} ${printable(reason)}\r\n${headerLines(headers)}\r\n`, 'latin1');
  }

  private refuse(refusal: Refusal): void {
    const { outgoing, version, setCookie } = this.parts;
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
    const { incoming, upload } = this.parts;
    upload?.destroy();
    incoming.socket.off('close', this.onClientClose);
    if (this.isStream) this.parts.destination.streams.delete(this);
    return true;
  }
}

/** A reason phrase that Node will write: RFC 9112 section 4 allows no controls, and nobody needs the phrase. */
function printable(reason: string): string {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(reason) ? reason : '';
}

function flushHead(outgoing: ServerResponse): void {
  if (!outgoing.writableEnded && !outgoing.destroyed) outgoing.flushHeaders();
}

/** undici hands HTTP/1 headers over as a flat array of Buffers or strings; its type allows for HTTP/2 objects too. */
function rawHeadersOf(raw: Controller['rawHeaders']): readonly (Buffer | string)[] {
  return Array.isArray(raw) ? raw : [];
}

function isEventStream(contentType: unknown): boolean {
  return typeof contentType === 'string' && /^text\/event-stream\b/i.test(contentType);
}

function refusalFor(error: Error): Refusal {
  const code = 'code' in error ? String(error.code) : '';
  return TIMED_OUT.has(code) ? LATE_ANSWER : BAD_ANSWER;
}
