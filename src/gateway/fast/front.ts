import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { firstPartOf } from '../first-part.ts';
import type { RouteState } from '../follow.ts';
import type { GatewayLimits } from '../limits.ts';
import type { Peer, Peers } from '../peer.ts';
import { IDEMPOTENT } from '../pool.ts';
import type { RouteTable } from '../route-table.ts';
import { Sweeper } from '../sweeper.ts';
import type { ClientTimeouts } from '../timeouts.ts';
import type { UploadWatch } from '../upload-watch.ts';
import type { Via } from '../via.ts';
import { AnswerWriter } from './answer-text.ts';
import { type Beginning, ClientConnection, type ConnectionFront } from './client-connection.ts';
import { HeadReader } from './head-reader.ts';
import { PlainExchange } from './plain-exchange.ts';
import { routePlain } from './plain-route.ts';
import { RequestBody } from './request-body.ts';

const CHECK_EVERY_MS = 1_000;

export interface FrontParts {
  readonly table: RouteTable<RouteState>;
  readonly peers: Peers;
  readonly timeouts: ClientTimeouts;
  readonly limits: GatewayLimits;
  readonly via: Via;
  readonly watch: UploadWatch;
}

/**
 * The fast path: stands before a node:http server, serves what is plain, and hands everything else over untouched at
 * the first doubt. It accepts a subset of what the server behind it does, and treats that subset the same.
 */
export class Front implements ConnectionFront {
  readonly idleMs: number;
  readonly downloadMs: number;
  isDraining = false;
  private readonly parts: FrontParts;
  private readonly reader: HeadReader;
  private readonly writer: AnswerWriter;
  private readonly connections = new Set<ClientConnection>();
  private readonly sweeper: Sweeper;
  private takeOver: (socket: Socket) => void = () => {};

  constructor(parts: FrontParts) {
    this.parts = parts;
    this.idleMs = parts.timeouts.idleMs;
    this.downloadMs = parts.timeouts.downloadMs;
    this.reader = new HeadReader(parts.limits, parts.via);
    this.writer = new AnswerWriter(this.idleMs);
    this.sweeper = new Sweeper(CHECK_EVERY_MS, (now) => this.sweep(now));
    this.sweeper.start();
  }

  /** Takes the new connections of a server; those that are handed over go on as if it had just accepted them. */
  standBefore(server: Server): void {
    const listeners = server.listeners('connection');
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      this.connections.add(new ClientConnection(socket, this.parts.peers.of(socket), this));
    });
    this.takeOver = (socket) => {
      for (const listener of listeners) listener.call(server, socket);
    };
  }

  /** Answers say from now on that their connection ends; those that lie idle stay for one more request. */
  drain(): void {
    this.isDraining = true;
  }

  /** Breaks off whatever is open. */
  destroy(): void {
    this.sweeper.stop();
    for (const connection of this.connections) connection.socket.destroy();
  }

  now(): number {
    return performance.now();
  }

  begin(connection: ClientConnection, bytes: Buffer, count: number): Beginning {
    const { reader } = this;
    const reading = reader.read(bytes, count);
    if (reading !== 'whole') return reading;
    const { end, bodyLength, host, target } = reader;
    const length = bodyLength ?? 0;
    const arrived = count - end;
    // A pipeline is answered in order by the reference path, several requests at a time.
    if (arrived > length || length > (this.parts.limits.bodyBytes ?? Number.POSITIVE_INFINITY)) return 'doubtful';
    const state = this.parts.table.find(host, target.path);
    if (!state) return 'doubtful';
    const first = firstPartOf(length);
    if (arrived < first) {
      connection.gather(end + first, state.timeouts, this.parts.watch);
      return 'gathering';
    }
    const client = this.parts.peers.client(connection.peer, forwardedFor(connection.peer, reader));
    // The reference path refuses it: what may be ambiguous about the head is not looked at yet.
    if (arrived < length && client.share?.hasRoomForUpload === false) return 'doubtful';
    const upload =
      arrived < length
        ? new RequestBody(connection.socket, length, {
            replay: IDEMPOTENT.has(reader.method) ? 'kept' : 'none',
            pace: state.timeouts,
            share: client.share,
            watch: this.parts.watch,
            onLate: () => connection.cut(),
          })
        : null;
    // As a text it is no burden to the collector of garbage, which a new buffer for each body is: a quarter of the CPU time.
    const body = upload ?? (bodyLength === null ? null : bytes.toString('latin1', end, count));
    const routed = routePlain(state, { head: reader, peer: connection.peer, client, body });
    if (!routed) {
      upload?.stopWaiting();
      return 'doubtful';
    }
    if (upload && arrived > 0) upload.push(Buffer.copyBytesFrom(bytes, end, arrived));
    const { ticket, setCookie, attempt, failover } = routed;
    ticket.upload = upload;
    const exchange = new PlainExchange({
      owner: connection,
      body: upload,
      attempt,
      failover,
      setCookie,
      recorder: state.recorder,
      ticket,
      writer: this.writer,
    });
    connection.took(exchange, upload, reader.connection);
    exchange.begin();
    return 'begun';
  }

  handOver(connection: ClientConnection, bytes: Buffer): void {
    const { socket } = connection;
    connection.release();
    socket.pause();
    socket.unshift(bytes);
    this.takeOver(socket);
    socket.resume();
  }

  closed(connection: ClientConnection): void {
    this.connections.delete(connection);
  }

  private sweep(now: number): void {
    const latest = now - this.parts.timeouts.headersMs;
    for (const connection of this.connections) {
      if (connection.awaitsHeadSince !== null && connection.awaitsHeadSince <= latest) connection.expire();
    }
  }
}

function forwardedFor(peer: Peer, head: HeadReader): string | undefined {
  return peer.isTrusted ? head.field('x-forwarded-for') : undefined;
}
