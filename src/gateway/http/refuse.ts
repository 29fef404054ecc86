import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** The gateway's own answer. `detail` is one public sentence that reveals nothing about what is behind. */
export interface Refusal {
  readonly status: number;
  readonly detail: string;
  /** Extra answer fields, alternating names and values. */
  readonly fields?: readonly string[];
}

export const BAD_ANSWER: Refusal = { status: 502, detail: 'The upstream gave no usable answer.' };
export const LATE_ANSWER: Refusal = { status: 504, detail: 'The upstream did not answer in time.' };
export const TOO_LARGE: Refusal = { status: 413, detail: 'The request body is larger than this gateway takes.' };
export const LATE_BODY: Refusal = { status: 408, detail: 'The request body did not arrive in time.' };
export const OVERLOAD: Refusal = { status: 503, detail: 'The gateway has as much to do as it may take on.' };

/** The response sent when our own code threw: it gives the id under which the log has the error, if there is one. */
export function failure(requestId: string | null): Refusal {
  const detail = 'The gateway failed; its log says why.';
  return { status: 500, detail, ...(requestId === null ? {} : { fields: ['X-Request-Id', requestId] }) };
}

/** How long a client may still send after an early answer, in ms: closing on unread bytes would reset the answer away. */
export const LINGER_MS = 2_000;

/** How long a client should wait after an overload (RFC 9110 section 10.2.3), in seconds. */
const RETRY_AFTER_S = '1';

const TYPE = 'application/problem+json';

function fieldLines(fields: readonly string[]): string[] {
  return fields.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${fields[at + 1]}`] : []));
}

function bodyOf({ status, detail }: Refusal): Buffer {
  return Buffer.from(JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status], status, detail }));
}

/**
 * Answers with a problem document (RFC 9457). With `close` the connection ends as well: after a request whose framing
 * or target is in doubt, nothing that follows can be trusted (RFC 9112 section 11.2).
 */
export function refuse(
  outgoing: ServerResponse,
  refusal: Refusal,
  connection: 'keep' | 'close',
  headers: readonly string[] = [],
): void {
  if (connection === 'close') {
    outgoing.shouldKeepAlive = false;
    if (!outgoing.req.complete) lingerInstead(outgoing.req.socket);
  }
  const problem = problemOf(refusal, headers);
  outgoing.writeHead(refusal.status, problem.reason, problem.head);
  outgoing.end(problem.body);
}

/** A refusal as an answer in parts, its fields as alternating names and values; `headers` come last. */
export function problemOf(refusal: Refusal, headers: readonly string[]) {
  const body = bodyOf(refusal);
  const head = [
    'Content-Type',
    TYPE,
    'Content-Length',
    String(body.length),
    'Cache-Control',
    'no-store',
    ...(refusal.fields ?? []),
    ...headers,
  ];
  if (refusal.status === 503) head.push('Retry-After', RETRY_AFTER_S);
  return { reason: STATUS_CODES[refusal.status] ?? '', head, body };
}

/** The same on a connection that has no response object (a parse error, an upgrade), which it ends. */
export function refuseSocket(socket: Duplex, refusal: Refusal): void {
  const body = bodyOf(refusal);
  const head = [
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}`,
    `Content-Type: ${TYPE}`,
    `Content-Length: ${body.length}`,
    'Cache-Control: no-store',
    ...(refusal.status === 503 ? [`Retry-After: ${RETRY_AFTER_S}`] : []),
    ...fieldLines(refusal.fields ?? []),
    'Connection: close',
  ];
  socket.write(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]));
  endLingering(socket);
}

/**
 * Ends our side of a connection whose client may still be sending. What it sends is read and discarded for a moment: closing
 * with unread bytes would cause a reset that destroys the answer (RFC 9112 section 9.6).
 */
export function endLingering(socket: Duplex): void {
  socket.on('error', () => socket.destroy());
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  timer.unref();
  socket.once('close', () => clearTimeout(timer));
  socket.end();
  socket.resume();
}

/** node:http destroys the connection after its last answer, even with unread bytes. */
export function lingerInstead(socket: Socket): void {
  socket.destroySoon = () => endLingering(socket);
}
