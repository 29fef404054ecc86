// The service behind every contender, on bare sockets: two listeners stand for two versions.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export interface UpstreamReady {
  readonly ports: readonly [number, number];
}

/** Requests that each version has read. */
export interface UpstreamCounts {
  readonly counts: readonly [number, number];
}

const HEAD_END = Buffer.from('\r\n\r\n');
const LAST_CHUNK = Buffer.from('0\r\n\r\n');
const PIECE = Buffer.alloc(65_536, 'x');
/** More than this is written piece by piece, as fast as it is read. */
const AT_ONCE = 2 * 1_024 * 1_024;

const head = (length: number) =>
  `HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nCache-Control: no-store\r\nServer: upstream\r\nContent-Length: ${length}\r\n\r\n`;

const canned = new Map<number, Buffer>();
const cannedJson = new Map<number, Buffer>();

/** A GraphQL answer of so many bytes, with numbers in its head. */
function jsonOf(length: number): Buffer {
  const item = { id: 4_711, name: 'a product', price: 19.9, tags: ['one', 'two'], stock: null };
  const data = { items: Array.from({ length: Math.floor(length / 80) }, () => item), usage: { total: 321 } };
  const text = JSON.stringify({ data });
  const body = text.padEnd(length, ' ');
  const lines = ['HTTP/1.1 200 OK', 'Content-Type: application/json', 'Server-Timing: db;dur=5', 'X-Queries: 4'];
  return Buffer.from(`${lines.join('\r\n')}\r\nContent-Length: ${body.length}\r\n\r\n${body}`, 'latin1');
}

function answerJson(socket: Socket, length: number): void {
  const bytes = cannedJson.get(length) ?? jsonOf(length);
  cannedJson.set(length, bytes);
  socket.write(bytes);
}

function answer(socket: Socket, length: number): void {
  if (length > AT_ONCE) {
    socket.write(head(length));
    pour(socket, length);
    return;
  }
  let bytes = canned.get(length);
  if (!bytes) {
    bytes = Buffer.from(head(length) + 'x'.repeat(length), 'latin1');
    canned.set(length, bytes);
  }
  socket.write(bytes);
}

function pour(socket: Socket, length: number): void {
  let left = length;
  while (left > 0) {
    const piece = left < PIECE.length ? PIECE.subarray(0, left) : PIECE;
    left -= piece.length;
    if (!socket.write(piece)) {
      socket.once('drain', () => pour(socket, left));
      return;
    }
  }
}

/** `/bytes/1024` answers with so many bytes, `/json/1024` with so many of JSON, every other path with 64. */
function serve(socket: Socket, count: () => void): void {
  let held: Buffer = Buffer.alloc(0);
  let left: number | 'chunks' = 0;
  let length = 64;
  let isJson = false;
  const done = () => {
    left = 0;
    count();
    if (isJson) answerJson(socket, length);
    else answer(socket, length);
  };
  const readBody = (bytes: Buffer) => {
    if (left === 'chunks') {
      held = Buffer.concat([held, bytes]).subarray(-LAST_CHUNK.length);
      if (!held.equals(LAST_CHUNK)) return;
      held = Buffer.alloc(0);
      done();
    } else {
      left -= bytes.length;
      if (left <= 0) done();
    }
  };
  socket.on('data', (bytes: Buffer) => {
    if (left !== 0) return readBody(bytes);
    const seen = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
    const end = seen.indexOf(HEAD_END);
    if (end === -1) {
      held = seen;
      return;
    }
    if (held.length > 0) held = Buffer.alloc(0);
    const text = seen.toString('latin1', 0, end);
    const [, kind, asked = 64] = /^\S+ \/(bytes|json)\/(\d+)/.exec(text) ?? [];
    length = Number(asked);
    isJson = kind === 'json';
    if (text.startsWith('GET ')) return done();
    const declared = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1];
    left = declared === undefined ? 'chunks' : Number(declared);
    readBody(seen.subarray(end + 4));
  });
  socket.on('error', () => socket.destroy());
}

const counts: [number, number] = [0, 0];

async function listen(version: 0 | 1): Promise<number> {
  const server = createServer({ noDelay: true }, (socket) => serve(socket, () => void counts[version]++));
  server.listen(0, '127.0.0.1', 1_024);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

process.on('message', () => process.send?.({ counts } satisfies UpstreamCounts));
process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => undefined);
process.send?.({ ports: [await listen(0), await listen(1)] } satisfies UpstreamReady);
