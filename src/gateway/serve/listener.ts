import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Hono } from 'hono';
import { Problem } from '../../problem/problem.ts';
import type { GatewayOptions } from '../gateway.ts';
import type { Faults } from '../http/faults.ts';
import type { GatewayLimits } from '../http/limits.ts';
import { failure, OVERLOAD, type Refusal, refuse, refuseSocket } from '../http/refuse.ts';
import type { ClientTimeouts } from '../http/timeouts.ts';
import type { Via } from '../http/via.ts';
import { admit, GatewayRequest } from './admit.ts';
import type { GatewayEnv } from './app.ts';
import type { ConnectionLimits } from './connection-limits.ts';
import { type DataServer, drainServer } from './drain.ts';
import { refusalOf } from './parse-error.ts';
import { type Outgoing, Pipeline } from './pipeline.ts';
import { isWebSocket } from './upgrade.ts';

const CHECK_EVERY_MS = 1_000;

/** Before 24.9, Node hands over every Upgrade, and one that is not WebSocket cannot become an ordinary request again. */
const NOT_WEB_SOCKET: Refusal = { status: 501, detail: 'The only protocol to upgrade to is websocket.' };

/** Hono routes by a Request, our handlers by the raw request beside it: no URL is built from client input. */
const ANY_REQUEST = new Request('http://gateway/');

/** Takes a server's connections before the server does, and serves what it can. */
export interface ServerFront {
  standBefore(server: Server): void;
  /** From now on, answers say that their connection ends. */
  drain(): void;
  /** Breaks off whatever is still open. */
  destroy(): void;
}

export interface ListenerParts {
  readonly app: Pick<Hono<GatewayEnv>, 'fetch'>;
  /** Null leaves every connection to node:http. */
  readonly front: ServerFront | null;
  readonly upgrade: (incoming: GatewayRequest, socket: Duplex, head: Buffer) => void;
  readonly timeouts: ClientTimeouts;
  readonly limits: GatewayLimits;
  readonly via: Via;
  readonly connectionLimits: ConnectionLimits;
  readonly faults: Faults;
}

export interface Listener {
  /** Resolves with the address that the socket is bound to. */
  listen(at: GatewayOptions['listen']): Promise<AddressInfo>;
  close(graceMs: number): Promise<void>;
}

/** The listener on the untrusted side: a strict node:http server that carries the gateway's Hono application. */
export function createListener(parts: ListenerParts): Listener {
  const { app, front, upgrade, timeouts, limits, via, faults } = parts;
  const connections = new Map<Duplex, Pipeline>();
  let isDraining = false;

  /** Our own code threw before an exchange owned the request. */
  const failed = (error: unknown, incoming: GatewayRequest, outgoing: Outgoing): void => {
    let requestId: string | null = null;
    faults.attempt(() => {
      requestId = incoming.requestId;
    }, 'request');
    faults.report(error, 'request', requestId);
    connections.get(incoming.socket)?.close();
    const isRefused =
      !outgoing.headersSent &&
      faults.attempt(() => refuse(outgoing, failure(requestId), 'close'), 'request', requestId);
    if (!isRefused && !outgoing.writableEnded) incoming.socket.destroy();
  };

  const onRequest = (incoming: GatewayRequest, outgoing: Outgoing): void => {
    try {
      const pipeline = connections.get(incoming.socket);
      if (!pipeline?.takesMore) {
        pipeline?.passOver(incoming);
        return;
      }
      if (pipeline.hasRoom(limits.pipelined)) {
        pipeline.add(incoming, outgoing, isDraining ? 'draining' : 'open');
        return;
      }
      pipeline.refuseMore(incoming.socket);
      refuse(outgoing, OVERLOAD, 'close');
    } catch (error) {
      failed(error, incoming, outgoing);
    }
  };

  /** Starts a request whose turn has come. */
  const run = (incoming: GatewayRequest, outgoing: Outgoing): void => {
    try {
      serve(incoming, outgoing);
    } catch (error) {
      failed(error, incoming, outgoing);
    }
  };

  const serve = (incoming: GatewayRequest, outgoing: Outgoing): void => {
    const admission = admit(incoming, limits, via);
    switch (admission.kind) {
      case 'refused':
        connections.get(incoming.socket)?.close();
        refuse(outgoing, admission.refusal, 'close');
        break;
      case 'server':
        outgoing.writeHead(204).end();
        break;
      case 'admitted':
        incoming.target = admission.target;
        contained(app.fetch(ANY_REQUEST, { incoming, outgoing }), incoming, outgoing);
    }
  };

  /** A request that waits for its token may fail later. */
  const contained = (answer: Response | Promise<Response>, incoming: GatewayRequest, outgoing: Outgoing): void => {
    if (answer instanceof Promise) answer.catch((error: unknown) => failed(error, incoming, outgoing));
  };

  /** For server callbacks that have no response object. */
  const containing =
    <Args extends readonly unknown[]>(socketOf: (...args: Args) => Duplex, listener: (...args: Args) => void) =>
    (...args: Args): void => {
      try {
        listener(...args);
      } catch (error) {
        const socket = socketOf(...args);
        faults.report(error, 'client');
        // Not in the middle of an answer.
        const isOpen = !connections.get(socket)?.isAnswering;
        if (!isOpen || !faults.attempt(() => refuseSocket(socket, failure(null)), 'client')) socket.destroy();
      }
    };

  const upgrades = (incoming: GatewayRequest): boolean => {
    let isUpgrade = false;
    faults.attempt(() => {
      isUpgrade = isWebSocket(incoming);
    }, 'tunnel');
    return isUpgrade;
  };

  const server = createServer(
    {
      IncomingMessage: GatewayRequest,
      maxHeaderSize: limits.headerBytes,
      headersTimeout: timeouts.headersMs,
      connectionsCheckingInterval: CHECK_EVERY_MS,
      // A long upload is not an error; one that is silent or too slow ends by `PaceMeter`.
      requestTimeout: 0,
      keepAliveTimeout: timeouts.idleMs,
      requireHostHeader: false,
      insecureHTTPParser: false,
      noDelay: true,
      shouldUpgradeCallback: upgrades,
    },
    onRequest,
  );
  // Node silently drops header fields beyond its limit; admit() refuses instead.
  server.maxHeadersCount = 0;
  // Within an exchange, a client times out by not taking its answer; its head and its body have timers of their own.
  server.timeout = timeouts.downloadMs;
  server.on('checkContinue', onRequest);
  server.on('connection', (socket: Socket) => {
    connections.set(socket, new Pipeline(run, faults));
    socket.once('close', () => connections.delete(socket));
    // Every response that waits in a pipeline listens on the connection.
    socket.setMaxListeners(0);
  });
  const onUpgrade = (incoming: GatewayRequest, socket: Duplex, head: Buffer): void => {
    const pipeline = connections.get(socket);
    if (!pipeline?.takesMore || pipeline.isBusy) {
      // An answer to it must not come before, or within, the one in progress.
      socket.destroy();
      return;
    }
    pipeline.occupy();
    const admission = admit(incoming, limits, via);
    if (admission.kind === 'refused') refuseSocket(socket, admission.refusal);
    else if (admission.kind === 'server' || !isWebSocket(incoming)) refuseSocket(socket, NOT_WEB_SOCKET);
    else {
      incoming.target = admission.target;
      upgrade(incoming, socket, head);
    }
  };
  const onConnect = (_incoming: GatewayRequest, socket: Duplex): void => {
    if (connections.get(socket)?.isBusy) socket.destroy();
    else refuseSocket(socket, { status: 400, detail: 'The request target is not a path.' });
  };
  const onClientError = (error: NodeJS.ErrnoException, socket: Duplex): void => {
    // An answer to malformed bytes must not land in the middle of one in progress.
    const isBusy = connections.get(socket)?.isBusy === true;
    // RFC 9112 section 9.6: nothing after a `Connection: close` is read, but its request is still answered.
    if (isBusy && error.code === 'HPE_CLOSED_CONNECTION') return;
    // Its last answer ends the connection: no further head arrives because we stopped reading.
    if (isBusy && error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && !connections.get(socket)?.takesMore) return;
    // The parser reports this after handing over the request: if its answer has not begun, refuse the request.
    if (error.code === 'HPE_INVALID_TRANSFER_ENCODING' && connections.get(socket)?.refuseLast(refusalOf(error))) return;
    if (!socket.writable || isBusy || error.code === 'ECONNRESET') socket.destroy();
    else refuseSocket(socket, refusalOf(error));
  };
  server.on(
    'upgrade',
    containing((_incoming, socket) => socket, onUpgrade),
  );
  server.on(
    'connect',
    containing((_incoming, socket) => socket, onConnect),
  );
  server.on(
    'clientError',
    containing((_error, socket) => socket, onClientError),
  );

  front?.standBefore(server);
  parts.connectionLimits.guard(server);

  const breakOff = (): void => {
    for (const socket of connections.keys()) socket.destroy();
    front?.destroy();
  };
  return {
    listen: (at) => listen(server, at),
    close: async (graceMs) => {
      if (!server.listening) return breakOff();
      isDraining = true;
      front?.drain();
      for (const pipeline of connections.values()) pipeline.sayLast();
      await drainServer(server, { graceMs, breakOff });
      front?.destroy();
    },
  };
}

async function listen(server: DataServer, { host, port }: GatewayOptions['listen']): Promise<AddressInfo> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    throw isTaken ? new Problem('port-in-use', `Port ${port} on ${host} is already in use.`, { cause: error }) : error;
  }
  return server.address() as AddressInfo;
}
