import { OwnListeners } from '../gateway/upstream/own-listeners.ts';
import { capabilitiesOf } from '../split/capabilities.ts';
import type { ConfiguredRoute, ServerConfig } from './config.ts';
import { declaredListeners, hostAndPort } from './declared-listeners.ts';

const LOCALHOST = ['127.0.0.1', '::1'];

/** Why a stable cannot be where it is declared to be: at a listener of the same file. Other names are known at the dial. */
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
