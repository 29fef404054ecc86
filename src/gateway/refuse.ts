import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** An answer of the gateway's own. `detail` is one public sentence that tells nothing of what is behind. */
export interface Refusal {
  readonly status: number;
  readonly detail: string;
}

export const BAD_ANSWER: Refusal = { status: 502, detail: 'The upstream gave no usable answer.' };
export const LATE_ANSWER: Refusal = { status: 504, detail: 'The upstream did not answer in time.' };

/** How long a refused connection may still send. */
const LINGER_MS = 2_000;

const TYPE = 'application/problem+json';

function bodyOf({ status, detail }: Refusal): Buffer {
  return Buffer.from(JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status], status, detail }));
}

/**
 * Answers with a problem document (RFC 9457). With `close` the connection ends as well: after a request whose framing
 * or target is in doubt, nothing that follows on it can be trusted (RFC 9112 section 11.2).
 */
export function refuse(
  outgoing: ServerResponse,
  refusal: Refusal,
  connection: 'keep' | 'close',
  headers: readonly string[] = [],
): void {
  const body = bodyOf(refusal);
  if (connection === 'close') outgoing.shouldKeepAlive = false;
  const head = ['Content-Type', TYPE, 'Content-Length', String(body.length), 'Cache-Control', 'no-store', ...headers];
  outgoing.writeHead(refusal.status, STATUS_CODES[refusal.status] ?? '', head);
  outgoing.end(body);
}

/** The same as a Response, for where there is no raw one at hand. */
export function refusalResponse(refusal: Refusal): Response {
  const headers = { 'Content-Type': TYPE, 'Cache-Control': 'no-store', Connection: 'close' };
  return new Response(bodyOf(refusal), { status: refusal.status, headers });
}

/**
 * The same on a connection that has no response object (a parse error, an upgrade), which it ends. What the client
 * still sends is read for a moment, because closing on unread bytes would reset the answer away (RFC 9112 section 9.6).
 */
export function refuseSocket(socket: Duplex, refusal: Refusal): void {
  const body = bodyOf(refusal);
  const head = [
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}`,
    `Content-Type: ${TYPE}`,
    `Content-Length: ${body.length}`,
    'Cache-Control: no-store',
    'Connection: close',
  ];
  socket.on('error', () => socket.destroy());
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  timer.unref();
  socket.once('close', () => clearTimeout(timer));
  socket.end(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]));
  socket.resume();
}
