import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
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

const JSON_HEAD = { 'Content-Type': 'application/json', 'Server-Timing': 'db;dur=5' };
const TOKENS_JSON = '{"tokens":2,"finish":"stop"}';
const OTHER_TEXT = '{"data":[],"errors":[{"code":8}]}';
const JSON_TEXT = '{"data":{},"errors":[{"code":7}]}';

/** A document of 8 KB a piece, so that no buffer is filled by one. */
async function writePieces(outgoing: ServerResponse, pieces: number): Promise<void> {
  outgoing.write('"');
  for (let piece = 0; piece < pieces; piece += 1) {
    outgoing.write('x'.repeat(8_000));
    await sleep(1);
  }
  outgoing.end('"');
}

let varied = 0;

function nextVaried(): number {
  varied = (varied + 1) % 60;
  return varied;
}

/** Another name and another word each time, in lists and objects of every kind. */
function variedJson(n: number): string {
  const name = String.fromCharCode(97 + (n % 26), 97 + Math.floor(n / 26));
  const items = [{ a: 1, b: null }, { a: 2.5 }];
  return JSON.stringify({
    status: name,
    by: { [name]: { n } },
    ids: { '4711': true },
    items,
    none: [],
    at: '2026-01-02',
  });
}

function answer(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { url = '' } = incoming;
  incoming.on('error', () => {});
  if (url.startsWith('/halves')) {
    outgoing.socket?.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n');
    return;
  }
  if (url.startsWith('/hang')) return;
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
    case 'tokens':
    case 'unfinished':
      outgoing.writeHead(200, { 'Content-Type': 'text/event-stream' });
      outgoing.write(`data: {"tokens":1}\n\ndata: ${TOKENS_JSON.slice(0, 9)}`);
      setTimeout(() => outgoing.end(`${TOKENS_JSON.slice(9)}\n\n${kind === 'tokens' ? 'data: [DONE]\n\n' : ''}`), 5);
      return;
    case 'lines':
      outgoing.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
      outgoing.write('{"tokens":1}\n');
      // No line feed ends the last line.
      setTimeout(() => outgoing.end(TOKENS_JSON), 5);
      return;
    case 'coded':
      outgoing.writeHead(200, { 'Content-Type': 'text/event-stream', 'Content-Encoding': 'gzip' });
      outgoing.end(gzipSync('data: [DONE]\n\n'));
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
    case 'json':
      outgoing.writeHead(200, JSON_HEAD).end(url.startsWith('/other') ? OTHER_TEXT : JSON_TEXT);
      return;
    case 'zipped':
      outgoing.writeHead(200, { ...JSON_HEAD, 'Content-Encoding': 'gzip' }).end(gzipSync(JSON_TEXT));
      return;
    case 'varied':
      outgoing.writeHead(200, JSON_HEAD).end(variedJson(nextVaried()));
      return;
    case 'long':
      outgoing.writeHead(200, JSON_HEAD);
      void writePieces(outgoing, 9);
      return;
    case 'begun':
      outgoing.writeHead(200, JSON_HEAD);
      outgoing.write(JSON_TEXT.slice(0, 9));
      return;
    case 'cut':
      outgoing.writeHead(200, { ...JSON_HEAD, 'Content-Length': 100 });
      outgoing.write(JSON_TEXT);
      setTimeout(() => incoming.socket.destroy(), 5);
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
