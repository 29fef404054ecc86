import type { ListenerName } from '../gateway/upstream/own-listeners.ts';
import type { ServerConfig } from './config.ts';
import type { ListenAddress } from './declared-address.ts';

export interface DeclaredListener {
  readonly name: ListenerName;
  /** Where in serin.yaml its address is. */
  readonly path: readonly [string, string];
  readonly at: ListenAddress;
}

/** Every address on which Serin listens. */
export function declaredListeners({
  control,
  gateway,
}: Pick<ServerConfig, 'control' | 'gateway'>): readonly DeclaredListener[] {
  const { readiness } = gateway;
  return [
    { name: 'control', path: ['control', 'listen'], at: control.listen },
    { name: 'gateway', path: ['gateway', 'listen'], at: gateway.listen },
    ...(readiness ? [{ name: 'readiness', path: ['gateway', 'readiness'], at: readiness } as const] : []),
  ];
}

/** In URL form: an IPv6 address in brackets. */
export function hostAndPort({ host, port }: ListenAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
