import { isIP, isIPv6 } from 'node:net';
import type { ServerConfig } from './config.ts';
import type { ListenAddress } from './declared-address.ts';
import { declaredListeners, hostAndPort } from './declared-listeners.ts';
import type { RouteFault } from './route-faults.ts';

/** Listeners that cannot both have their address, whatever else runs on this machine. */
export function listenerFaults(config: Pick<ServerConfig, 'control' | 'gateway'>): readonly RouteFault[] {
  const listeners = declaredListeners(config);
  return listeners.flatMap((listener, at) => {
    const rival = listeners.slice(0, at).find((earlier) => overlap(earlier.at, listener.at));
    if (!rival) return [];
    const [mine, its] = [hostAndPort(listener.at), hostAndPort(rival.at)];
    const [name, other] = [listener.path.join('.'), rival.path.join('.')];
    const message =
      mine === its
        ? `${name} and ${other} are both ${mine}; each needs a port of its own`
        : `${name} ${mine} and ${other} ${its} overlap; each needs a port of its own`;
    return [{ path: listener.path, message }];
  });
}

function overlap(one: ListenAddress, other: ListenAddress): boolean {
  if (one.port !== other.port || one.port === 0) return false;
  return one.host === other.host || takesAll(one.host, other.host) || takesAll(other.host, one.host);
}

/** `::` is bound for both families. What a name resolves to is left to the system. */
function takesAll(unspecified: string, host: string): boolean {
  if (isIPv6(unspecified)) return /^[0:]+$/.test(unspecified);
  return unspecified === '0.0.0.0' && (isIP(host) !== 6 || /^[0:]+$/.test(host));
}
