import { once } from 'node:events';
import type { Server } from 'node:http';
import { Server as NetServer } from 'node:net';
import type { GatewayRequest } from './admit.ts';

export type DataServer = Server<typeof GatewayRequest>;

export interface Draining {
  readonly graceMs: number;
  /** Ends whatever is still open. */
  readonly breakOff: () => void;
}

/**
 * Stops accepting and waits for the last connection to end; after the grace time, breaks off whatever is still open.
 *
 * A client may send on an idle connection just as we close it, and could not know whether its
 * request was read (RFC 9112 section 9.3.1). So idle connections stay open: a request on one of them is answered with
 * `Connection: close`, and a silent one ends by its own timeout. http's close() would end them at once and
 * stop the timer that cuts slow heads, so net's close() is called here, and http's when everything is over.
 */
export async function drainServer(server: DataServer, { graceMs, breakOff }: Draining): Promise<void> {
  const closed = once(server, 'close');
  NetServer.prototype.close.call(server);
  const timer = setTimeout(breakOff, graceMs);
  await closed;
  clearTimeout(timer);
  server.close();
}
