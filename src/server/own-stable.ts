import { OwnListeners } from '../gateway/own-listeners.ts';
import type { ConfiguredRoute, ServerConfig } from './config.ts';

const LOCALHOST = ['127.0.0.1', '::1'];

/** Why a stable cannot be where it is declared to be: at a listener of the same file. Other names are known at the dial. */
export function ownStableFault(
  { name, stable, router }: ConfiguredRoute,
  { gateway, control }: Pick<ServerConfig, 'gateway' | 'control'>,
): string | null {
  if (router === 'none') return null;
  const { hostname, port, protocol } = new URL(stable.url);
  const at = Number(port) || (protocol === 'https:' ? 443 : 80);
  const listeners = {
    'gateway.listen': gateway.listen,
    'gateway.readiness': gateway.readiness,
    'control.listen': control.listen,
  };
  for (const [key, listener] of Object.entries(listeners)) {
    if (!listener) continue;
    const own = new OwnListeners();
    for (const address of addressesOf(listener.host)) own.add(address, listener.port);
    if (addressesOf(hostname).some((address) => own.includes(address, at))) {
      return `the stable of route ${name} is Serin itself: ${key} is ${listener.host}:${listener.port}`;
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
