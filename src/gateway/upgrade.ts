import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import type { Routed } from './forward.ts';
import type { GatewayOptions } from './gateway.ts';
import { answerHeaders, headerLines } from './headers.ts';
import type { Stream } from './pools.ts';
import type { RouteRecorder } from './recorder.ts';
import { BAD_ANSWER, LATE_ANSWER, type Refusal, refuseSocket } from './refuse.ts';

const WEB_SOCKET = ['Connection', 'Upgrade', 'Upgrade', 'websocket'];

/**
 * Only WebSocket is tunnelled. A server may ignore any other Upgrade (RFC 9110 section 7.8), and an `h2c` tunnel would
 * carry requests past every rule of the gateway.
 */
export function isWebSocket({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket';
}

export interface TunnelParts {
  readonly routed: Routed;
  readonly incoming: IncomingMessage;
  readonly client: Duplex;
  /** What the client has sent after its head. */
  readonly head: Buffer;
  readonly recorder: RouteRecorder;
  readonly timeouts: GatewayOptions['timeouts'];
}

/** Opens the tunnel to the version that was chosen; whatever the version says instead of 101 is its answer. */
export function tunnel({ routed, incoming, client, head, recorder, timeouts }: TunnelParts): void {
  const { destination, ticket } = routed;
  const dialled = dial(routed, timeouts.answerMs);
  const stream: Stream = { close: () => client.destroy() };
  let isAnswered = false;

  const fail = (refusal: Refusal): void => {
    recorder.fail(ticket);
    dialled.destroy();
    // A plain end would make a body that ends with its connection look complete.
    if (isAnswered) incoming.socket.resetAndDestroy();
    else refuseSocket(client, refusal);
  };
  const answer = (from: IncomingMessage, connection: readonly string[]): void => {
    isAnswered = true;
    client.write(answerHead(routed, from, connection), 'latin1');
  };

  destination.streams.add(stream);
  incoming.socket.setTimeout(0);
  client.on('error', () => client.destroy());
  client.once('close', () => {
    destination.streams.delete(stream);
    recorder.leave(ticket);
    dialled.destroy();
  });
  dialled.on('timeout', () => fail(LATE_ANSWER));
  dialled.on('error', () => fail(BAD_ANSWER));
  dialled.once('upgrade', (from, upstream, firstBytes) => {
    recorder.answered(ticket, 101, 'stream');
    recorder.complete(ticket);
    answer(from, WEB_SOCKET);
    client.write(firstBytes);
    upstream.setTimeout(0);
    upstream.write(head);
    join(client, upstream);
  });
  dialled.once('response', (from) => {
    recorder.answered(ticket, from.statusCode ?? 0, 'stream');
    from.once('end', () => recorder.complete(ticket));
    from.once('error', () => fail(BAD_ANSWER));
    answer(from, ['Connection', 'close']);
    from.pipe(client);
  });
  dialled.end();
}

function dial({ destination, path, headers }: Routed, timeoutMs: number) {
  const { protocol, hostname, port, servername } = destination;
  return (protocol === 'https:' ? httpsRequest : httpRequest)({
    host: hostname,
    port,
    ...(servername === null ? {} : { servername }),
    method: 'GET',
    path,
    headers: [...headers, ...WEB_SOCKET],
    agent: false,
    timeout: timeoutMs,
  });
}

function answerHead({ version, setCookie }: Routed, from: IncomingMessage, connection: readonly string[]): string {
  const { statusCode: status = 0, statusMessage = '', rawHeaders } = from;
  const { headers } = answerHeaders({ rawHeaders, status, method: 'GET', httpVersion: '1.1', version, setCookie });
  return `HTTP/1.1 ${status} ${statusMessage}\r\n${headerLines([...headers, ...connection])}\r\n`;
}

/** Bytes both ways, and the end of either is the end of both. */
function join(client: Duplex, upstream: Duplex): void {
  client.pipe(upstream);
  upstream.pipe(client);
  upstream.on('error', () => client.destroy());
  upstream.once('close', () => client.destroy());
  client.once('close', () => upstream.destroy());
}
