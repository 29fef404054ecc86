import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** One request as an upstream saw it: its head to the byte, its body without the framing. */
export interface SeenRequest {
  readonly head: string;
  readonly body: string;
  readonly isWhole: boolean;
}

/** Answers by the kind that a request's path draws: every framing that an answer can have. */
const ANSWERS: readonly ((body: string) => string)[] = [
  (body) => `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  (body) => `HTTP/1.1 200 Fine\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  (body) =>
    `HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
  (body) =>
    `HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\nX-Sum: 1\r\n\r\n`,
  (body) =>
    `HTTP/1.1 404 Not Found\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  (body) =>
    `HTTP/1.1 302 Found\r\nLocation: /stable/a?b\r\nRefresh: 5; url=//shop.test/stable\r\nLink: </stable/x>, <y>\r\n` +
    `Set-Cookie: a=1; Path=/stable/c; Domain=127.0.0.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  () => 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n',
  () => 'HTTP/1.1 304 Not Modified\r\nETag: "e"\r\nContent-Length: 9\r\n\r\n',
  (body) =>
    `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  (body) => `HTTP/1.1 200 OK\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  (body) =>
    `HTTP/1.1 200 \r\nX-Serin-Version: forged\r\nKeep-Alive: timeout=9\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
];

/** The body of an answer, whose length the path draws as well. */
const BODY = 'z'.repeat(9_000);

function hashOf(text: string): number {
  let hash = 17;
  for (let at = 0; at < text.length; at++) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) >>> 0;
  return hash;
}

/** An upstream of a bare socket that reads strictly, remembers what it read, and answers every whole request. */
export class RecordingUpstream {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private readonly open = new Set<{ text: string }>();
  private seen: SeenRequest[] = [];

  constructor() {
    this.server = createServer({ noDelay: true }, (socket) => this.serve(socket));
  }

  async listen(): Promise<number> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return (this.server.address() as AddressInfo).port;
  }

  /** What was seen since the last time, the requests that are not whole included. */
  take(): readonly SeenRequest[] {
    const seen = this.seen;
    this.seen = [];
    for (const state of this.open) {
      const end = state.text.indexOf('\r\n\r\n');
      if (end !== -1) seen.push({ head: state.text.slice(0, end + 4), body: '', isWhole: false });
      state.text = '';
    }
    return seen;
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private serve(socket: Socket): void {
    const state = { text: '' };
    this.sockets.add(socket);
    this.open.add(state);
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      state.text += chunk.toString('latin1');
      for (let read = readRequest(state.text); read; read = readRequest(state.text)) {
        state.text = state.text.slice(read.length);
        this.seen.push(read.request);
        const hash = hashOf(read.request.head.split(' ', 2)[1] ?? '');
        const isHead = read.request.head.startsWith('HEAD ');
        const text = ANSWERS[hash % ANSWERS.length]?.(BODY.slice(0, (hash >>> 8) % BODY.length)) ?? '';
        socket.write(isHead ? withoutBody(text) : text, 'latin1');
        if (text.includes('Connection: close')) socket.end();
      }
    });
    socket.once('close', () => {
      this.sockets.delete(socket);
      // What was begun stays to be seen.
      if (state.text === '') this.open.delete(state);
    });
  }
}

/** The final answer without what follows its head. */
function withoutBody(text: string): string {
  const start = text.lastIndexOf('HTTP/1.1 ');
  return text.slice(0, text.indexOf('\r\n\r\n', start) + 4);
}

/** The first request of a text and the number of its octets; null while it is not whole. Throws on what a gateway must not send. */
function readRequest(text: string): { readonly request: SeenRequest; readonly length: number } | null {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return null;
  const head = text.slice(0, end + 4);
  const lines = head.slice(0, -4).split('\r\n').slice(1);
  if (lines.some((line) => !/^[!#$%&'*+.^_`|~\w-]+: /.test(line)))
    throw new Error(`a line that is no field in ${head}`);
  const valuesOf = (name: string) =>
    lines.filter((line) => line.toLowerCase().startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).trim());
  const lengths = valuesOf('content-length');
  const codings = valuesOf('transfer-encoding');
  if (lengths.length + codings.length > 1) throw new Error(`two framings in ${head}`);
  if (valuesOf('host').length !== 1) throw new Error(`not one Host in ${head}`);
  const from = end + 4;
  if (codings[0] === 'chunked') return readChunks(head, text, from);
  const length = Number(lengths[0] ?? 0);
  if (text.length < from + length) return null;
  return { request: { head, body: text.slice(from, from + length), isWhole: true }, length: from + length };
}

function readChunks(head: string, text: string, from: number) {
  let body = '';
  for (let at = from; ; ) {
    const line = text.indexOf('\r\n', at);
    if (line === -1) return null;
    const size = Number.parseInt(text.slice(at, line), 16);
    if (size === 0) {
      const end = text.indexOf('\r\n\r\n', line);
      if (end === -1) return null;
      return { request: { head, body: `${body}|${text.slice(line, end)}`, isWhole: true }, length: end + 4 };
    }
    if (text.length < line + 4 + size) return null;
    body += text.slice(line + 2, line + 2 + size);
    at = line + 4 + size;
  }
}
