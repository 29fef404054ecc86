import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Log } from '../problem/log.ts';

/** The gateway is in the same process: what is open here takes its descriptors. */
const MOST_CONNECTIONS = 256;
/** Of one address; loopback, where a proxy may speak for everybody, has no share. */
const MOST_PER_ADDRESS = 128;
const LOG_EVERY_MS = 60_000;
const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/;

/** For `createServer`: a connection that says nothing, or not all of its request, is ended. */
export const REQUEST_TIMEOUTS = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
} as const;
/** Of silence within an exchange: longer than any operation takes, and the end of a client that does not take its answer. */
const SILENCE_MS = 120_000;

/** Bounds the connections of a listener of the control plane. What is refused is closed, counted and logged, at most once a minute. */
export function boundConnections(server: Server, listener: string, log: Log): void {
  const perAddress = new Map<string, number>();
  let refused = 0;
  let loggedAt = Number.NEGATIVE_INFINITY;

  const refuse = (reason: string): void => {
    refused++;
    if (performance.now() - loggedAt < LOG_EVERY_MS) return;
    loggedAt = performance.now();
    log({ what: 'connectionsRefused', level: 'warn', listener, reason, refused });
    refused = 0;
  };

  server.maxConnections = MOST_CONNECTIONS;
  server.timeout = SILENCE_MS;
  server.on('drop', () => refuse(`${MOST_CONNECTIONS} connections are open`));
  server.on('connection', (socket: Socket) => {
    const { remoteAddress: address = '' } = socket;
    if (LOOPBACK.test(address)) return;
    const open = perAddress.get(address) ?? 0;
    if (open >= MOST_PER_ADDRESS) {
      refuse(`${MOST_PER_ADDRESS} connections of ${address} are open`);
      socket.destroy();
      return;
    }
    perAddress.set(address, open + 1);
    socket.once('close', () => {
      const left = (perAddress.get(address) ?? 1) - 1;
      if (left === 0) perAddress.delete(address);
      else perAddress.set(address, left);
    });
  });
}
