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

/** How this machine reaches a listener: one on all interfaces through loopback. */
export function localUrl({ host, port }: ListenAddress): string {
  const one = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${hostAndPort({ host: one, port })}`;
}

/** Where people open the dashboard: below `control.publicUrl` where that is declared, else as seen from this machine. */
export function dashboardUrl(publicUrl: string | undefined, control: ListenAddress): string {
  return new URL('/ui/', publicUrl ?? localUrl(control)).href;
}
