import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { breakConnection } from '../http/break-off.ts';
import { type AnswerBody, answerHeaders, forwardedTrailers, headerLines } from '../http/headers.ts';
import { lingerInstead } from '../http/refuse.ts';
import type { UpstreamHead } from '../upstream/upstream-client.ts';
import type { GatewayRequest } from './admit.ts';
import { type Asker, type ClientSide, type ExchangeEvents, SMALL_PIECE, SMALL_TEXT } from './client-side.ts';

interface PendingHead {
  readonly status: number;
  readonly reason: string;
  readonly headers: string[];
}

const ignore = (): void => {};

/**
 * The client's side of an exchange on node:http. An answer whose turn in a pipeline has not come keeps its data: once in
 * node:http it could not be taken back, and breaking it off would break the answers before it too.
 */
export class NodeSide implements ClientSide {
  private readonly incoming: GatewayRequest;
  private readonly outgoing: ServerResponse<GatewayRequest>;
  private exchange: ExchangeEvents | null = null;
  private body: AnswerBody = 'none';
  /** Not written yet. */
  private pending: PendingHead | null = null;
  /** The beginning of the body, in latin1; node:http writes it with the head as one string. */
  private unwritten = '';
  /** A piece in the upstream's memory that waits for its turn. */
  private waiting: Buffer | null = null;
  /** Whether `flush` was called before this answer's turn. */
  private isDue = false;
  private isHeldBack = false;
  /** Pieces of the body written from the upstream's memory and not yet reported as taken. */
  private lent = 0;

  constructor(outgoing: ServerResponse<GatewayRequest>) {
    this.incoming = outgoing.req;
    this.outgoing = outgoing;
  }

  /** From now on, reports what happens to the client to `exchange`. */
  serve(exchange: ExchangeEvents): void {
    const { incoming, outgoing } = this;
    this.exchange = exchange;
    outgoing.on('close', this.onClose);
    outgoing.on('timeout', this.onIdle);
    outgoing.on('drain', this.onDrain);
    // Failures arrive as `close`; without a listener, `error` would crash the process.
    outgoing.on('error', ignore);
    if (outgoing.socket) return;
    outgoing.once('socket', this.onTurn);
    // Before Node 24, a response that waits in a pipeline is not told when the connection closes.
    incoming.socket.once('close', this.onClose);
  }

  get isOut(): boolean {
    return this.outgoing.headersSent;
  }

  get untaken(): number {
    return this.outgoing.writableLength + (this.waiting?.length ?? 0);
  }

  head(head: UpstreamHead, { method, version, setCookie }: Asker, connection: 'keep' | 'close'): void {
    const { incoming, outgoing } = this;
    const { status, reason, rawHeaders } = head;
    const { httpVersion } = incoming;
    if (status < 200) {
      // 1xx answers pass (RFC 9110 section 15.2), except to clients and places in a pipeline that cannot take them.
      if (httpVersion === '1.0' || !outgoing.socket) return;
      const asked = { method: 'HEAD', httpVersion, version: null, setCookie: null };
      const { headers } = answerHeaders({ rawHeaders, status, ...asked });
      outgoing.socket.write(`HTTP/1.1 ${status} ${reason}\r\n${headerLines(headers)}\r\n`, 'latin1');
      return;
    }
    if (connection === 'close' && !incoming.isFollowed) {
      outgoing.shouldKeepAlive = false;
      if (!incoming.complete) lingerInstead(incoming.socket);
    }
    const { headers, body } = answerHeaders({ rawHeaders, status, method, httpVersion, version, setCookie });
    this.pending = { status, reason, headers };
    this.unwritten = '';
    this.waiting = null;
    this.isDue = false;
    this.isHeldBack = false;
    this.body = body;
  }

  piece(chunk: Buffer): boolean {
    const { outgoing } = this;
    if (chunk.length <= SMALL_PIECE && this.unwritten.length + chunk.length <= SMALL_TEXT) {
      this.unwritten += chunk.toString('latin1');
      return !outgoing.writableNeedDrain || this.holdBack();
    }
    const { socket } = outgoing;
    if (socket) return this.lend(socket, chunk) || this.holdBack();
    this.waiting = chunk;
    return this.holdBack();
  }

  flush(): void {
    if (!this.outgoing.socket) {
      this.isDue = true;
      return;
    }
    this.write();
    this.outgoing.flushHeaders();
  }

  end(trailers: readonly string[] | 'broken'): void {
    const { incoming, outgoing } = this;
    if (trailers === 'broken') {
      // A normal end would look complete to a client that reads until the connection ends.
      breakConnection(incoming.socket);
      return;
    }
    this.writeHead();
    if (trailers.length > 0 && this.body === 'chunked')
      outgoing.addTrailers(pairsOf(forwardedTrailers(trailers, null)));
    if (this.unwritten === '') outgoing.end();
    else outgoing.end(this.unwritten, 'latin1');
  }

  /** Whether the socket took all of it. */
  private lend(socket: Socket, chunk: Buffer): boolean {
    this.write();
    this.lent++;
    // If node:http corked it itself, it would go out a tick later.
    socket.cork();
    this.outgoing.write(chunk, this.onTaken);
    socket.uncork();
    return socket.writableLength === 0;
  }

  private holdBack(): false {
    this.isHeldBack = true;
    return false;
  }

  private writeHead(): void {
    if (!this.pending) return;
    const { status, reason, headers } = this.pending;
    this.pending = null;
    this.outgoing.writeHead(status, reason, headers);
  }

  private write(): void {
    this.writeHead();
    if (this.unwritten === '') return;
    const text = this.unwritten;
    this.unwritten = '';
    this.outgoing.write(text, 'latin1');
  }

  /** The client has taken what was held back for it. */
  private drained(): void {
    const { writableNeedDrain, writableLength } = this.outgoing;
    if (!this.isHeldBack || this.waiting || writableNeedDrain || (this.lent > 0 && writableLength > 0)) return;
    this.isHeldBack = false;
    this.exchange?.drained();
  }

  /** The answers before it have gone out. */
  private readonly onTurn = (socket: Socket): void => {
    this.contain(() => {
      const chunk = this.waiting;
      this.waiting = null;
      if (chunk) this.lend(socket, chunk);
      else if (this.isDue) this.flush();
      this.drained();
    });
  };

  private readonly onTaken = (): void => {
    this.lent--;
    if (this.lent === 0) this.contain(() => this.drained());
  };

  private readonly onDrain = (): void => {
    this.contain(() => this.drained());
  };

  private readonly onClose = (): void => {
    this.incoming.socket.off('close', this.onClose);
    this.contain(() => this.exchange?.abandon());
  };

  /** Nothing has moved on the client's connection for a while: the client has failed if there is something for it to take. */
  private readonly onIdle = (): void => {
    this.contain(() => {
      if (this.outgoing.writableLength > 0) this.incoming.socket.destroy();
    });
  };

  private contain(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.exchange?.onFault(error, 'client');
    }
  }
}

function pairsOf(flat: readonly string[]): [string, string][] {
  return flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1] ?? ''] as [string, string]] : []));
}
