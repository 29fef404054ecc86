import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { promisify } from 'node:util';
import { listening, type TestUpstream } from './upstream.ts';

export interface StageUpstream extends TestUpstream {
  /** The connections on which requests came, in their order, each by a number of its own. */
  readonly used: number[];
  /** How many are open. */
  connections(): Promise<number>;
}

/** Answers by the path: every kind of answer that the gateway passes on. */
export async function stageUpstream(): Promise<StageUpstream> {
  const used: number[] = [];
  const numbers = new WeakMap<Socket, number>();
  let connections = 0;
  const server = createHttpServer((incoming, outgoing) => {
    used.push(numbers.get(incoming.socket) ?? 0);
    answer(incoming, outgoing);
  });
  server.on('connection', (socket) => numbers.set(socket, ++connections));
  server.on('checkContinue', (incoming, outgoing) => {
    used.push(numbers.get(incoming.socket) ?? 0);
    if (incoming.url?.endsWith('silent')) answer(incoming, outgoing);
    else {
      outgoing.writeContinue();
      answer(incoming, outgoing);
    }
  });
  server.on('upgrade', (incoming, socket) => {
    used.push(numbers.get(incoming.socket) ?? 0);
    socket.on('error', () => {});
    if (incoming.url?.includes('refuse')) {
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno');
      return;
    }
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello');
    socket.pipe(socket);
  });
  const upstream = await listening(server);
  return { ...upstream, used, connections: () => promisify(server.getConnections.bind(server))() };
}

/** More than the buffers of all sockets between. */
export const BIG = Buffer.alloc(16_000_000, 'x');
/** What is read at once. */
export const MEDIUM = Buffer.alloc(60_000, 'x');

function answer(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { url = '' } = incoming;
  incoming.on('error', () => {});
  if (url.startsWith('/halves')) {
    outgoing.socket?.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n');
    return;
  }
  if (url.startsWith('/dead')) {
    incoming.socket.destroy();
    return;
  }
  const [, kind] = /\/(\w+)$/.exec(url) ?? [];
  switch (kind) {
    case 'big':
      outgoing.end(BIG);
      return;
    case 'medium':
      outgoing.end(MEDIUM);
      return;
    case 'chunked':
      outgoing.writeEarlyHints({ link: '</a>; rel=preload' });
      outgoing.writeHead(200, { Trailer: 'X-Sum' });
      outgoing.write('one');
      setTimeout(() => {
        outgoing.addTrailers({ 'X-Sum': '1' });
        outgoing.end('two');
      }, 5);
      return;
    case 'events':
      outgoing.writeHead(200, { 'Content-Type': 'text/event-stream' });
      outgoing.write('data: 1\n\n');
      return;
    case 'late':
      setTimeout(() => outgoing.end('ok'), 10);
      return;
    case 'unread':
      setTimeout(() => {
        incoming.resume();
        incoming.once('end', () => outgoing.end('ok'));
      }, 100);
      return;
    case 'garbled':
      outgoing.socket?.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n');
      return;
    case 'moved':
      outgoing
        .writeHead(302, { Location: url.startsWith('/base') ? '../x' : `http://${incoming.headers.host}/x` })
        .end();
      return;
    case 'empty':
      outgoing.writeHead(204).end();
      return;
    case 'old':
      outgoing.socket?.end('HTTP/1.0 200 OK\r\n\r\nuntil the end');
      return;
    case 'broken':
      outgoing.writeHead(200, { 'Content-Length': 100 });
      outgoing.write('part');
      setTimeout(() => incoming.socket.destroy(), 5);
      return;
    case 'reset':
      incoming.socket.destroy();
      return;
    case 'never':
      return;
    case 'error':
      outgoing.writeHead(500).end('no');
      return;
    case 'early':
      outgoing.writeHead(413, { 'Content-Length': 2 }).end('no');
      return;
    default:
      incoming.resume();
      incoming.once('end', () => outgoing.end('ok'));
  }
}
