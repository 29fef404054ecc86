import type { Socket } from 'node:net';
import { headerLines } from '../http/headers.ts';
import type { BodySink, BodySource, UpstreamRequest } from './upstream-client.ts';

/** How long to wait for an upstream's reply to `Expect: 100-continue` before the body is sent (RFC 9110 section 10.1.1). */
const CONTINUE_MS = 1_000;

/** Writes one request whose body is not a stream, head and body in one system call. */
export function writeWhole(socket: Socket, request: UpstreamRequest, body: string | null): void {
  if (body === null) {
    const switching = request.upgrade === undefined ? '' : 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
    socket.write(headOf(request, switching), 'latin1');
    return;
  }
  socket.write(headOf(request, `Content-Length: ${body.length}\r\n`) + body, 'latin1');
}

export interface WriterOwner {
  /** Called for everything that is sent. */
  onProgress(): void;
  onFault(error: unknown): void;
}

/** Writes one request whose body is a stream, and holds the source to the framing that the head announced. */
export class RequestWriter implements BodySink {
  readonly source: BodySource;
  private readonly socket: Socket;
  private readonly owner: WriterOwner;
  private state: 'waiting' | 'flowing' | 'done' | 'stopped' = 'waiting';
  private patience: NodeJS.Timeout | null = null;
  private sent = 0;

  constructor(socket: Socket, source: BodySource, owner: WriterOwner) {
    this.socket = socket;
    this.source = source;
    this.owner = owner;
  }

  /** Whether the whole request has been written. */
  get isDone(): boolean {
    return this.state === 'done';
  }

  begin(request: UpstreamRequest): void {
    const { socket, source } = this;
    const framing = source.length === null ? 'transfer-encoding: chunked\r\n' : `Content-Length: ${source.length}\r\n`;
    if (source.awaitsContinue) {
      socket.write(headOf(request, `${framing}Expect: 100-continue\r\n`), 'latin1');
      source.onArrival?.(() => this.contain(() => this.flow()));
      this.patience = setTimeout(() => this.contain(() => this.flow()), CONTINUE_MS);
      return;
    }
    socket.cork();
    socket.write(headOf(request, framing), 'latin1');
    this.flow();
    // What the source already has comes within this turn, and goes out with the head.
    process.nextTick(() => socket.uncork());
  }

  /** The body may be sent now. */
  flow(): void {
    if (this.state !== 'waiting') return;
    this.settle('flowing');
    this.source.start(this);
  }

  /** The upstream takes no more of it. */
  stop(): void {
    if (this.state === 'done' || this.state === 'stopped') return;
    this.settle('stopped');
    this.source.stop();
  }

  /** Takes no more of it; the source can be started again. */
  detach(): void {
    this.settle('stopped');
  }

  write(chunk: Buffer): boolean {
    if (this.state !== 'flowing') return false;
    const { socket, source } = this;
    this.sent += chunk.length;
    this.owner.onProgress();
    if (source.length === null) {
      if (chunk.length === 0) return true;
      socket.cork();
      socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1');
      socket.write(chunk);
      const isOpen = socket.write('\r\n', 'latin1');
      socket.uncork();
      return isOpen;
    }
    if (this.sent > source.length) {
      this.fail();
      return false;
    }
    return socket.write(chunk);
  }

  end(trailers: readonly string[]): void {
    if (this.state !== 'flowing') return;
    const { socket, source } = this;
    if (source.length !== null && this.sent !== source.length) {
      this.fail();
      return;
    }
    if (source.length === null) socket.write(`0\r\n${headerLines(trailers)}\r\n`, 'latin1');
    this.settle('done');
    this.owner.onProgress();
  }

  /** A body that does not match its announced length would become part of the next request. */
  private fail(): void {
    this.settle('stopped');
    this.socket.destroy();
  }

  private contain(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.owner.onFault(error);
    }
  }

  private settle(state: 'flowing' | 'done' | 'stopped'): void {
    this.state = state;
    if (this.patience) clearTimeout(this.patience);
    this.patience = null;
  }
}

function headOf({ method, path, headers }: UpstreamRequest, framing: string): string {
  return `${method} ${path} HTTP/1.1\r\n${headers}${framing}\r\n`;
}
