import { isIP, isIPv6 } from 'node:net';
import { readText, type TextReading } from './read-text.ts';
import { HOST, readRouteHost } from './route-host.ts';

const MAX_PORT = 65_535;

/** At most MAX_PORT, in at most five digits. */
const PORT = String.raw`(\d{1,4}|[0-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])`;

/** A pattern that every network matches, with prefix lengths up to 32 and 128 in at most three digits. */
const IPV4_NETWORK = String.raw`[\d.]+(/0?([0-2]?\d|3[0-2]))?`;
const IPV6_NETWORK = String.raw`[\dA-Fa-f.]*:[\dA-Fa-f:.]*(/(0?\d{1,2}|1[01]\d|12[0-8]))?`;
const NETWORK = `^(${IPV4_NETWORK}|${IPV6_NETWORK})$`;

function readNetwork(text: string): TextReading<string> {
  const [address = '', bits, more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more !== undefined || address.includes('%')) {
    return { ok: false, reason: 'must be a network such as 10.0.0.0/8, or an address' };
  }
  // Peers are compared by their IPv4 address, whichever form they arrive in.
  if (/^::ffff:/i.test(address)) return { ok: false, reason: 'is an IPv4-mapped address; write the IPv4 network' };
  const most = family === 4 ? 32 : 128;
  if (bits !== undefined && (!/^\d{1,3}$/.test(bits) || Number(bits) > most)) {
    return { ok: false, reason: `must have a prefix length from 0 to ${most}` };
  }
  return { ok: true, value: text };
}

/** A network such as 10.0.0.0/8, or a single address. */
export const cidr = readText<string>(readNetwork, new RegExp(NETWORK));

/** Where operators may have upstreams: a network, an address, or a name in the form that routes use. */
export const upstreamPlace = readText<string>(
  (text) => {
    if (text.includes('/') || isIP(text) !== 0) return readNetwork(text);
    if (text === '*') return { ok: false, reason: 'is a wildcard for everything; name networks and hosts' };
    return readRouteHost(text);
  },
  new RegExp(`${HOST.source}|${NETWORK}`),
);

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Where Serin listens: an address or a name of this machine, and a port. */
export const listenAddress = readText<ListenAddress>(
  (text): TextReading<ListenAddress> => {
    const [, host = '', port = ''] = /^(.*):(\d{1,5})$/.exec(text) ?? [];
    const bare = host.replace(/^\[(.*)\]$/, '$1');
    if (Number(port) > MAX_PORT) return { ok: false, reason: `must have a port of at most ${MAX_PORT}` };
    if (host === '*' || (host === '' && port !== '')) {
      return { ok: false, reason: `must name an address; every address of this machine is 0.0.0.0:${port}` };
    }
    if (isIPv6(host)) return { ok: false, reason: `must have its IPv6 address in brackets: [${host}]:${port}` };
    if (host !== bare ? isIPv6(bare) : readRouteHost(host).ok && !host.startsWith('*')) {
      return { ok: true, value: { host: bare, port: Number(port) } };
    }
    return { ok: false, reason: 'must be an address and a port such as 127.0.0.1:7780' };
  },
  new RegExp(String.raw`^(\[[^\]]+\]|[^*:/?#@[\]\s]+):${PORT}$`),
);
