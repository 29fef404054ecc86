import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Faults } from '../../http/faults.ts';
import type { GatewayLimits } from '../../http/limits.ts';
import { requestIdFrom } from '../../http/request-ids.ts';
import type { Client } from '../../http/share.ts';
import { Sweeper } from '../../http/sweeper.ts';
import type { ClientTimeouts } from '../../http/timeouts.ts';
import type { Via } from '../../http/via.ts';
import type { Peer, Peers } from '../../route/peer.ts';
import type { RouteState } from '../../route/route-state.ts';
import type { RouteTable } from '../../route/route-table.ts';
import { IDEMPOTENT } from '../../upstream/pool.ts';
import { Exchange } from '../exchange.ts';
import { firstPartOf } from '../first-part.ts';
import type { ServerFront } from '../listener.ts';
import type { UploadWatch } from '../upload-watch.ts';
import { AnswerWriter } from './answer-text.ts';
import { HeadReader } from './head-reader.ts';
import { type Beginning, type ConnectionFront, PlainConnection } from './plain-connection.ts';
import { awaitsTokenOf, type PlainRoute, routePlain } from './plain-route.ts';
import { RequestBody } from './request-body.ts';

const CHECK_EVERY_MS = 1_000;

export interface FrontParts {
  readonly table: RouteTable<RouteState>;
  readonly peers: Peers;
  readonly timeouts: ClientTimeouts;
  readonly limits: GatewayLimits;
  readonly via: Via;
  readonly watch: UploadWatch;
  readonly faults: Faults;
}

/** Who asks, and for what. */
interface Asking {
  readonly state: RouteState;
  readonly connection: PlainConnection;
  readonly client: Client;
}

/**
 * The fast path: sits in front of a node:http server, serves plain requests, and hands everything else over untouched at
 * the first doubt. It accepts a subset of what the server behind it accepts, and treats that subset the same.
 */
export class Front implements ConnectionFront, ServerFront {
  readonly idleMs: number;
  readonly downloadMs: number;
  readonly faults: Faults;
  isDraining = false;
  private readonly parts: FrontParts;
  private readonly reader: HeadReader;
  readonly writer: AnswerWriter;
  /** Id of the request that is being started, if known yet. */
  requestId: string | null = null;
  private readonly connections = new Set<PlainConnection>();
  private readonly sweeper: Sweeper;
  private takeOver: (socket: Socket) => void = () => {};

  constructor(parts: FrontParts) {
    this.parts = parts;
    this.idleMs = parts.timeouts.idleMs;
    this.downloadMs = parts.timeouts.downloadMs;
    this.faults = parts.faults;
    this.reader = new HeadReader(parts.limits, parts.via);
    this.writer = new AnswerWriter(this.idleMs);
    this.sweeper = new Sweeper(CHECK_EVERY_MS, (now) => this.sweep(now), parts.faults);
    this.sweeper.start();
  }

  /** Takes a server's new connections; those that it hands over continue as if the server had just accepted them. */
  standBefore(server: Server): void {
    const listeners = server.listeners('connection');
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      this.connections.add(new PlainConnection(socket, this.parts.peers.of(socket), this));
    });
    this.takeOver = (socket) => {
      for (const listener of listeners) listener.call(server, socket);
    };
  }

  /** From now on, answers say that their connection ends; idle connections stay for one more request. */
  drain(): void {
    this.isDraining = true;
  }

  /** Breaks off whatever is still open. */
  destroy(): void {
    this.sweeper.stop();
    for (const connection of this.connections) connection.socket.destroy();
  }

  now(): number {
    return performance.now();
  }

  begin(connection: PlainConnection, bytes: Buffer, count: number): Beginning {
    this.requestId = null;
    const reading = this.reader.read(bytes, count);
    if (reading !== 'whole') return reading;
    const { end, bodyLength, host, target, requestId } = this.reader;
    this.requestId = requestId;
    const length = bodyLength ?? 0;
    const arrived = count - end;
    // The reference path answers pipelines in order, several requests at a time.
    if (arrived > length || length > (this.parts.limits.bodyBytes ?? Number.POSITIVE_INFINITY)) return 'doubtful';
    const state = this.parts.table.find(host, target.path);
    if (!state) return 'doubtful';
    const first = firstPartOf(length);
    if (arrived < first) {
      connection.gather(end + first, state.timeouts, this.parts.watch);
      return 'gathering';
    }
    const client = this.parts.peers.client(connection.peer, forwardedFor(connection.peer, this.reader));
    // The reference path refuses it: what may be ambiguous about the head has not been checked yet.
    if (arrived < length && client.share?.hasRoomForUpload === false) return 'doubtful';
    if (!connection.hasWaited && awaitsTokenOf(state, this.reader, connection)) return 'waiting';
    const exchange = this.exchangeOf({ state, connection, client }, bytes, count);
    if (!exchange) return 'doubtful';
    exchange.begin();
    return 'begun';
  }

  /** The exchange for the request that was just read; null if it turns out to be doubtful. */
  private exchangeOf({ state, connection, client }: Asking, bytes: Buffer, count: number): Exchange | null {
    const { reader, faults } = this;
    const { end, bodyLength, method } = reader;
    const { recorder } = state;
    const upload =
      count - end < (bodyLength ?? 0)
        ? new RequestBody(connection.socket, bodyLength ?? 0, {
            replay: IDEMPOTENT.has(method) ? 'kept' : 'none',
            pace: state.timeouts,
            share: client.share,
            watch: this.parts.watch,
            onLate: () => connection.cut(),
            onFault: (error) => connection.fault(error, 'upload'),
          })
        : null;
    // A string adds little garbage-collection work, while a new buffer per body costs a quarter of the CPU time.
    const body = upload ?? (bodyLength === null ? null : bytes.toString('latin1', end, count));
    const requestId = requestIdFrom(reader.requestId ?? undefined);
    this.requestId = requestId;
    let routed: PlainRoute | null = null;
    try {
      routed = routePlain(state, { head: reader, peer: connection.peer, client, body, requestId });
    } finally {
      if (!routed) upload?.stopWaiting();
    }
    if (!routed) return null;
    const { ticket, setCookie, attempt, failover, mirroring } = routed;
    try {
      ticket.upload = upload;
      if (upload && count > end) upload.push(Buffer.copyBytesFrom(bytes, end, count - end));
      const exchange = new Exchange({
        side: connection.side,
        upload,
        attempt,
        failover,
        setCookie,
        recorder,
        ticket,
        requestId,
        faults,
        mirroring,
        owner: connection,
      });
      connection.took(exchange, upload, reader.connection);
      return exchange;
    } catch (error) {
      upload?.stopWaiting();
      recorder.withdraw(ticket);
      throw error;
    }
  }

  handOver(connection: PlainConnection, bytes: Buffer): void {
    const { socket } = connection;
    connection.release();
    socket.pause();
    socket.unshift(bytes);
    this.takeOver(socket);
    socket.resume();
  }

  closed(connection: PlainConnection): void {
    this.connections.delete(connection);
  }

  private sweep(now: number): void {
    const latest = now - this.parts.timeouts.headersMs;
    for (const connection of this.connections) {
      if (connection.socket.destroyed) this.connections.delete(connection);
      else if (connection.awaitsHeadSince !== null && connection.awaitsHeadSince <= latest) connection.expire();
    }
  }
}

function forwardedFor(peer: Peer, head: HeadReader): string | undefined {
  return peer.isTrusted ? head.field('x-forwarded-for') : undefined;
}
