import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Log } from '../problem/log.ts';

/** The gateway runs in the same process: connections here use up its descriptors. */
const MOST_CONNECTIONS = 256;
/** Per address; loopback has no limit, because a proxy there may speak for all clients. */
const MOST_PER_ADDRESS = 128;
const LOG_EVERY_MS = 60_000;
const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/;

/** For `createServer`: closes a connection that sends nothing, or not all of its request. */
export const REQUEST_TIMEOUTS = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
} as const;
/** Silence within an exchange: longer than any operation takes; ends a client that does not read its answer. */
const SILENCE_MS = 120_000;

/** Limits the connections of a control-plane listener. Refused ones are closed, counted and logged, at most once a minute. */
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
