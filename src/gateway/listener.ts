import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import { Problem } from '../problem/problem.ts';
import { type Admission, admit, GatewayRequest } from './admit.ts';
import type { GatewayEnv } from './app.ts';
import type { ConnectionLimits } from './connection-limits.ts';
import type { Front } from './fast/front.ts';
import type { GatewayOptions } from './gateway.ts';
import type { GatewayLimits } from './limits.ts';
import { refusalOf } from './parse-error.ts';
import { OVERLOAD, type Refusal, refusalResponse, refuse, refuseSocket } from './refuse.ts';
import { isWebSocket } from './upgrade.ts';

const CHECK_EVERY_MS = 1_000;

/** An open connection: the exchanges and tunnels under way on it, and whether it ends after its next answer. */
interface Admitted {
  underWay: number;
  state: 'open' | 'closing';
}

type Connections = Map<Duplex, Admitted>;
type DataServer = Server<typeof GatewayRequest>;
type Outgoing = ServerResponse<GatewayRequest>;

/** Node before 24.9 hands every Upgrade over, and what is not WebSocket cannot go back to being a request there. */
const NOT_WEB_SOCKET: Refusal = { status: 501, detail: 'The only protocol to upgrade to is websocket.' };
const BAD_HOST: Refusal = { status: 400, detail: 'The Host header does not make a URL.' };

export interface ListenerParts {
  readonly app: Hono<GatewayEnv>;
  /** Null leaves every connection to node:http. */
  readonly front: Front | null;
  readonly upgrade: (incoming: GatewayRequest, socket: Duplex, head: Buffer) => void;
  readonly timeouts: GatewayOptions['timeouts'];
  readonly limits: GatewayLimits;
  readonly connectionLimits: ConnectionLimits;
}

export interface Listener {
  listen(at: GatewayOptions['listen']): Promise<{ readonly port: number }>;
  close(graceMs: number): Promise<void>;
}

/** The listener on the untrusted side: a strict node:http server that carries the gateway's Hono application. */
export function createListener(parts: ListenerParts): Listener {
  const { app, front, upgrade, timeouts, limits } = parts;
  const carry = getRequestListener(app.fetch, {
    // An HTTP/1.0 request may lack a Host; the name only completes a URL that nobody reads.
    hostname: 'localhost',
    overrideGlobalObjects: false,
    // Upload sees to what is left of a request body.
    autoCleanupIncoming: false,
    errorHandler: () => refusalResponse(BAD_HOST),
  });
  const connections: Connections = new Map();

  const onRequest = (incoming: GatewayRequest, outgoing: Outgoing): void => {
    const connection = connections.get(incoming.socket);
    // What comes after a refusal on the same connection was sent before its end could be seen, and is not trusted.
    if (!connection || connection.state === 'closing') return;
    connection.underWay++;
    outgoing.once('close', () => {
      connection.underWay--;
      if (!server.listening) setImmediate(() => server.closeIdleConnections());
    });
    if (!server.listening) outgoing.shouldKeepAlive = false;
    const admission: Admission =
      connection.underWay > limits.pipelined ? { kind: 'refused', refusal: OVERLOAD } : admit(incoming, limits);
    switch (admission.kind) {
      case 'refused':
        connection.state = 'closing';
        refuse(outgoing, admission.refusal, 'close');
        break;
      case 'server':
        outgoing.writeHead(204).end();
        break;
      case 'admitted':
        incoming.target = admission.target;
        void carry(incoming, outgoing);
    }
  };

  const server = createServer(
    {
      IncomingMessage: GatewayRequest,
      maxHeaderSize: limits.headerBytes,
      headersTimeout: timeouts.headersMs,
      connectionsCheckingInterval: CHECK_EVERY_MS,
      // A long upload is no fault: it is silence that ends an exchange.
      requestTimeout: 0,
      keepAliveTimeout: timeouts.idleMs,
      requireHostHeader: false,
      insecureHTTPParser: false,
      noDelay: true,
      shouldUpgradeCallback: isWebSocket,
    },
    onRequest,
  );
  // Beyond its count Node drops header fields in silence; admit() refuses instead.
  server.maxHeadersCount = 0;
  server.timeout = timeouts.idleMs;
  server.on('checkContinue', onRequest);
  server.on('connection', (socket: Socket) => {
    connections.set(socket, { underWay: 0, state: 'open' });
    socket.once('close', () => connections.delete(socket));
    // Each response that waits in a pipeline watches the connection.
    socket.setMaxListeners(0);
  });
  server.on('upgrade', (incoming, socket, head) => {
    const connection = connections.get(socket);
    if (!connection || connection.state === 'closing') {
      socket.destroy();
      return;
    }
    connection.underWay++;
    const admission = admit(incoming, limits);
    if (admission.kind === 'refused') refuseSocket(socket, admission.refusal);
    else if (admission.kind === 'server' || !isWebSocket(incoming)) refuseSocket(socket, NOT_WEB_SOCKET);
    else {
      incoming.target = admission.target;
      upgrade(incoming, socket, head);
    }
  });
  server.on('connect', (_incoming, socket) => {
    refuseSocket(socket, { status: 400, detail: 'The request target is not a path.' });
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // An answer to malformed bytes must not land in the middle of one that is under way.
    const isBusy = (connections.get(socket)?.underWay ?? 0) > 0;
    if (!socket.writable || isBusy || error.code === 'ECONNRESET') socket.destroy();
    else refuseSocket(socket, refusalOf(error));
  });

  front?.standBefore(server);
  parts.connectionLimits.guard(server);

  return {
    listen: (at) => listen(server, at),
    close: (graceMs) => close(server, { connections, front, graceMs, headersMs: timeouts.headersMs }),
  };
}

async function listen(
  server: DataServer,
  { host, port }: GatewayOptions['listen'],
): Promise<{ readonly port: number }> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    throw isTaken ? new Problem('port-in-use', `Port ${port} on ${host} is already in use.`, { cause: error }) : error;
  }
  return { port: (server.address() as AddressInfo).port };
}

interface ClosingParts {
  readonly connections: Connections;
  readonly front: Front | null;
  readonly graceMs: number;
  readonly headersMs: number;
}

/** Stops accepting, lets open exchanges end, and breaks off what is still there after the grace time. */
async function close(server: DataServer, { connections, front, graceMs, headersMs }: ClosingParts): Promise<void> {
  if (!server.listening) return front?.destroy();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  front?.drain();
  // To Node a connection without a first request is not idle, and after close() nothing times it out.
  const unused = setTimeout(() => {
    for (const [socket, { underWay }] of connections) if (underWay === 0) socket.destroy();
    front?.endUnused();
  }, headersMs);
  const timer = setTimeout(() => {
    for (const socket of connections.keys()) socket.destroy();
    front?.destroy();
  }, graceMs);
  await closed;
  front?.destroy();
  clearTimeout(unused);
  clearTimeout(timer);
}
