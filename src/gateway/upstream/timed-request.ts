import { isIP } from 'node:net';
import type { Via } from '../http/via.ts';
import type { OwnListeners } from './own-listeners.ts';
import { httpPlace, ownRequest } from './own-request.ts';
import { lookupUnless, refusedPlace } from './upstream-address.ts';
import type { UpstreamTrust } from './upstream-trust.ts';

/** The field by which a service tells a probe from a client's request. */
const PROBE_HEADER = 'x-serin-probe';

export interface TimedOptions {
  readonly method: 'GET' | 'HEAD' | 'OPTIONS';
  readonly timeoutMs: number;
  /** Null leaves it to Node's defaults. */
  readonly trust: UpstreamTrust | null;
  readonly own: OwnListeners;
  readonly via: Via;
}

const FAILED_FROM = 400;

/**
 * One request with a connection of its own to a place where an upstream may be: ms from the open connection to the head of an answer
 * below 400; null for any other answer, none, or a place that is refused. The body is not read. Never throws.
 */
export function timedRequest(target: string, options: TimedOptions): Promise<number | null> {
  const { method, timeoutMs, trust, own, via } = options;
  const place = httpPlace(target);
  if (place === null) return Promise.resolve(null);
  const { isTls, host, port } = place;
  const isRefused = (address: string) => refusedPlace(address, port, own) !== null;
  if (isIP(host) !== 0 && isRefused(host)) return Promise.resolve(null);
  const { promise, resolve } = Promise.withResolvers<number | null>();
  const request = ownRequest(
    place,
    { agent: 'serin-probe', timeoutMs, trust, via },
    { method, lookup: lookupUnless(isRefused), headers: { [PROBE_HEADER]: '1' } },
  );
  let openedAt = performance.now();
  request.once('socket', (socket) => {
    socket.once(isTls ? 'secureConnect' : 'connect', () => {
      openedAt = performance.now();
    });
  });
  request.once('response', ({ statusCode = 0 }) => {
    const ms = Math.max(0.001, performance.now() - openedAt);
    request.destroy();
    resolve(statusCode > 0 && statusCode < FAILED_FROM ? ms : null);
  });
  request.on('error', () => resolve(null));
  request.end();
  return promise;
}
