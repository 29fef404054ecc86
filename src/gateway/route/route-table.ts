import type { GatewayRoute } from '../gateway.ts';
import { SLASH } from '../http/grammar.ts';
import { hostMatches, hostName, hostRank } from '../http/host-name.ts';

/** A prefix without its trailing slash: the part of a path that rewriting takes away. */
export function trimmedPrefix(prefix: string): string {
  return prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
}

/** A percent-encoded octet is the same with small and with capital digits (RFC 3986 section 6.2.2.1). */
export function capitalHex(path: string): string {
  return path.replace(/%[\da-f]{2}/gi, (octet) => octet.toUpperCase());
}

/**
 * Matches on segment boundaries over the raw bytes: `/api` takes `/api` and `/api/x`, never `/apis` or `/%61pi`. The prefix
 * is one of `trimmedPrefix`, its percent-encoded octets in capitals.
 */
export function pathMatches(prefix: string, path: string): boolean {
  if (!path.startsWith(prefix)) {
    if (!prefix.includes('%') || capitalHex(path.slice(0, prefix.length)) !== prefix) return false;
  }
  return path.length === prefix.length || path.charCodeAt(prefix.length) === SLASH;
}

/** The same on paths that may have a query or a fragment behind them. */
export function isWithin(prefix: string, path: string): boolean {
  return path.startsWith(prefix) && (path.length === prefix.length || '/?#'.includes(path.charAt(prefix.length)));
}

interface Row<Entry> {
  readonly prefix: string;
  readonly host: string | null;
  readonly entry: Entry;
}

/**
 * Finds the route of a request. The longest prefix wins; of equal ones an exact host, then the longest wildcard, then the
 * route that takes any host.
 */
export class RouteTable<Entry> {
  private readonly rows: readonly Row<Entry>[];
  /** The host that was asked for last, as it was said and as it is compared: nearly always it is the next one too. */
  private said = '';
  private name = '';

  constructor(entries: readonly Entry[], declared: (entry: Entry) => Pick<GatewayRoute, 'prefix' | 'host'>) {
    this.rows = entries
      .map((entry) => {
        const { prefix, host } = declared(entry);
        return {
          prefix: capitalHex(trimmedPrefix(prefix)),
          host: host === null ? null : hostName(host),
          entry,
        };
      })
      .sort((a, b) => b.prefix.length - a.prefix.length || hostRank(b.host) - hostRank(a.host));
  }

  find(host: string, path: string): Entry | null {
    for (const row of this.rows) {
      if (!pathMatches(row.prefix, path)) continue;
      if (row.host === null || hostMatches(row.host, this.nameOf(host))) return row.entry;
    }
    return null;
  }

  private nameOf(host: string): string {
    if (host !== this.said) {
      this.said = host;
      this.name = hostName(host);
    }
    return this.name;
  }
}
