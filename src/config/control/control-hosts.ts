import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { hostMatches, hostName } from '../../gateway/http/host-name.ts';
import type { ListenAddress } from '../declared-address.ts';
import type { TextReading } from '../read-text.ts';
import { readRouteHost } from '../route-host.ts';

/** Parses one entry of `control.hosts`: a name, or `*.example.com` for every name below it. */
export function readControlHost(text: string): TextReading<string> {
  if (text === '*') return { ok: false, reason: 'is a wildcard for everything; name the hosts' };
  if (/[/?#@]|:\d*$/.test(text) && !text.startsWith('[')) {
    return { ok: false, reason: 'is not only a name; leave out scheme, port and path' };
  }
  return readRouteHost(text);
}

export interface ControlNames {
  readonly listen: ListenAddress;
  readonly hosts: readonly string[];
  readonly publicUrl?: string | undefined;
}

/**
 * Whether a name leads to this installation's control API, in addition to addresses and localhost: those in `control.hosts`,
 * the host of `control.publicUrl`, the name that Serin listens on, and, unless that is a loopback address, this machine's own.
 */
export function controlHosts({ listen, hosts, publicUrl }: ControlNames): (name: string) => boolean {
  const names = [
    ...hosts,
    ...(publicUrl === undefined ? [] : [new URL(publicUrl).hostname]),
    ...(isIP(listen.host) === 0 ? [hostName(listen.host)] : []),
    ...(isLoopbackHost(listen.host) ? [] : [hostName(hostname())]),
  ];
  return (name) => {
    const asked = hostName(name);
    return names.some((own) => hostMatches(own, asked));
  };
}

/** Whether what listens there is reached from this machine alone. */
export function isLoopbackHost(host: string): boolean {
  return /^(127\.|::1$|localhost$)/.test(host);
}
