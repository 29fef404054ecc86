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
 * Stops accepting and waits for the last connection to end; what is open after the grace time is broken off.
 *
 * A client may send on an idle connection at the very moment at which we would close it, and could not know whether its
 * request was read (RFC 9112 section 9.3.1). So the idle ones stay: a request on one of them is answered with
 * `Connection: close`, and one that stays silent ends by its own time-out. http's close() would end them at once and
 * stop the clock that cuts slow heads, which is why it is net's that is called here, and http's when all is over.
 */
export async function drainServer(server: DataServer, { graceMs, breakOff }: Draining): Promise<void> {
  const closed = once(server, 'close');
  NetServer.prototype.close.call(server);
  const timer = setTimeout(breakOff, graceMs);
  await closed;
  clearTimeout(timer);
  server.close();
}
