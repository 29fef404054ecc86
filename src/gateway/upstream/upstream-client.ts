import type { Socket } from 'node:net';
import type { Share } from '../http/share.ts';
import type { RouteTimeouts } from '../http/timeouts.ts';

/** How long a call may take, phase by phase; see `RouteTimeouts`. */
export type CallTimeouts = Pick<RouteTimeouts, 'connectMs' | 'answerMs' | 'silenceMs'>;

/** A request to an upstream. The client writes the framing itself: `headers` must not contain any. */
export interface UpstreamRequest {
  readonly method: string;
  /** Origin-form target, as it goes into the request line. */
  readonly path: string;
  /** The head's lines after the first, `Name: value\r\n` each, `Host` first, in latin1. No framing fields. */
  readonly headers: string;
  /**
   * Null: no body and no framing field. A string is a complete body in latin1, one octet per character: it goes out with
   * `Content-Length` (0 included) in one write with the head. A source is streamed.
   */
  readonly body: string | BodySource | null;
  readonly timeouts: CallTimeouts;
  /** `forced` requests have their own bound within the total; `mirrored` ones only go out while half of it is free. */
  readonly lane: 'open' | 'forced' | 'mirrored';
  /** The share of the client's address; null where it is not bounded. */
  readonly share: Share | null;
  /** `websocket` asks for a switch of protocols; `Connection` and `Upgrade` are written by the client. */
  readonly upgrade?: 'websocket';
}

/** A request body that arrives piece by piece. */
export interface BodySource {
  /** In bytes: sent as `Content-Length`, and more or fewer bytes break the connection. Null: sent in chunks. */
  readonly length: number | null;
  /**
   * True sends `Expect: 100-continue` and starts the source on the upstream's 100, when the body comes anyway, or when the
   * upstream stays silent for a second.
   */
  readonly awaitsContinue: boolean;
  /** Whether it waits for its client, and not for the upstream. */
  readonly isStarved: boolean;
  /** Calls `tell`, once, when a source that awaits a 100 has begun to arrive without one. */
  onArrival?(tell: () => void): void;
  /** The bytes may flow, never before the head is written. A second call after `rewind` starts over. */
  start(sink: BodySink): void;
  /** The upstream can take more again, after `write` returned false. */
  resume(): void;
  /** Whether everything the source has given is still held, so that `start` may give it again; false releases it. */
  rewind(): boolean;
  /** The answer is complete before the body, and the rest is not wanted. After `onError` and `abort` its owner keeps the source. */
  stop(): void;
}

export interface BodySink {
  /** False asks to pause until `resume`. */
  write(chunk: Buffer): boolean;
  /** `trailers` is a flat list of names and values; they go out in chunked bodies only. */
  end(trailers: readonly string[]): void;
}

/** How the body of an answer is framed (RFC 9112 section 6.3); `close` lasts until the connection ends. */
export type BodyKind = 'none' | 'sized' | 'chunked' | 'close';

export interface UpstreamHead {
  readonly status: number;
  /** Printable latin1 or empty. */
  readonly reason: string;
  /** Alternating names and values in latin1, as received: case, order, duplicates, hop-by-hop fields included. */
  readonly rawHeaders: readonly string[];
  /**
   * Status line and field lines as received, in latin1, without hop-by-hop fields: what is forwarded of the head. Null when that
   * depends on more than their names.
   */
  readonly passing: string | null;
  readonly hasDate: boolean;
  readonly isEventStream: boolean;
  readonly isJson: boolean;
  /** Whether there is a field that may name a place, such as `Location`. */
  readonly namesPlaces: boolean;
  readonly body: BodyKind;
  /** Length of a `sized` body, in bytes; null for every other kind. */
  readonly length: number | null;
}

/**
 * `overload`: the pool has as many requests in flight as it may. `exhausted`: this machine has no descriptor, port or memory
 * for a connection. `unresolved`: no resolver answered for the name. `forbidden`: an address that no upstream may have.
 * `reset-before-head`: the connection ended before the first byte of an answer.
 * `bad-head`: not an HTTP/1.1 answer. `reset-in-body`: the body ended early or its framing is broken. `silent`: no more
 * of it came for too long.
 */
export type FailureKind =
  | 'overload'
  | 'exhausted'
  | 'unresolved'
  | 'forbidden'
  | 'refused'
  | 'connect-timeout'
  | 'reset-before-head'
  | 'reset-in-body'
  | 'silent'
  | 'answer-timeout'
  | 'bad-head';

export interface Failure {
  readonly kind: FailureKind;
  /** Whether any byte of the request may have reached the upstream. */
  readonly written: 'nothing' | 'some';
}

/**
 * Receives one answer: `onInform` any number of times, then `onHead`, `onData` any number of times, and `onEnd`; or
 * `onError` once, in place of whatever is still to come. Nothing is called after `abort`. Except for `onConnection`,
 * nothing is called before `UpstreamClient.request` has returned.
 */
export interface AnswerHandler {
  /** The request goes out on a connection to this address. */
  onConnection?(address: string | null): void;
  /** An interim answer, 100 and 103 among them; never 101. */
  onInform(head: UpstreamHead): void;
  onHead(head: UpstreamHead): void;
  /**
   * False pauses the upstream until `UpstreamCall.resume`. The chunk is valid until this returns, or until that `resume`
   * if it returns false; the handler must copy what it needs for longer.
   */
  onData(chunk: Buffer): boolean;
  /** Everything from one read has been delivered, and there is more to come. */
  onPause?(): void;
  /** `trailers` is a flat list of names and values. */
  onEnd(trailers: readonly string[]): void;
  onError(failure: Failure): void;
  /** Our own code threw; nothing else is called after this. Must not throw itself. */
  onFault(error: unknown): void;
  /** 101 to a request with `upgrade`: the connection is the handler's now. */
  onUpgrade?(head: UpstreamHead, socket: Socket, firstBytes: Buffer): void;
}

export interface UpstreamCall {
  /** Undoes a false from `onData`. */
  resume(): void;
  /** Breaks off the exchange; its connection is closed and no further callback runs. */
  abort(): void;
}

/** All connections to one upstream origin. */
export interface UpstreamClient {
  request(request: UpstreamRequest, handler: AnswerHandler): UpstreamCall;
  /** Closes idle connections at once, and the others when their exchange is over. */
  close(): void;
  /** Breaks off everything. */
  destroy(): void;
}
