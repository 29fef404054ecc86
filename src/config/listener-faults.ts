import { isIP, isIPv6 } from 'node:net';
import { OwnListeners } from '../gateway/upstream/own-listeners.ts';
import { capabilitiesOf } from '../split/capabilities.ts';
import type { ConfiguredRoute, ServerConfig } from './config.ts';
import type { ListenAddress } from './declared-address.ts';
import { declaredListeners, hostAndPort } from './declared-listeners.ts';

const LOCALHOST = ['127.0.0.1', '::1'];

interface ListenerFault {
  readonly path: readonly string[];
  readonly message: string;
}

/** Listeners whose addresses conflict, whatever else runs on this machine. */
export function listenerFaults(config: Pick<ServerConfig, 'control' | 'gateway'>): readonly ListenerFault[] {
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

/** `::` binds both families. The system decides what a name resolves to. */
function takesAll(unspecified: string, host: string): boolean {
  if (isIPv6(unspecified)) return /^[0:]+$/.test(unspecified);
  return unspecified === '0.0.0.0' && (isIP(host) !== 6 || /^[0:]+$/.test(host));
}

/** Why a stable cannot be at its declared address: a listener of the same file is there. Other names are resolved when dialled. */
export function ownStableFault(
  route: ConfiguredRoute,
  config: Pick<ServerConfig, 'gateway' | 'control'>,
): string | null {
  if (!capabilitiesOf(route).gatewayCarries) return null;
  const { name, stable } = route;
  const { hostname, port, protocol } = new URL(stable.url);
  const stablePort = Number(port) || (protocol === 'https:' ? 443 : 80);
  for (const { name: listener, path, at } of declaredListeners(config)) {
    const own = new OwnListeners();
    for (const address of addressesOf(at.host)) own.add(address, at.port, listener);
    if (addressesOf(hostname).some((address) => own.find(address, stablePort) !== null)) {
      return `the stable of route ${name} is Serin itself: ${path.join('.')} is ${hostAndPort(at)}`;
    }
  }
  return null;
}

function addressesOf(host: string): readonly string[] {
  const bare = host
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
  return bare === 'localhost' || bare.endsWith('.localhost') ? LOCALHOST : [bare];
}
