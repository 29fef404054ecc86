import type { GatewayRoute } from '../gateway.ts';
import { SLASH } from '../http/grammar.ts';
import { hostMatches, hostName, hostRank } from '../http/host-name.ts';

/** A prefix without its trailing slash: the part of a path that rewriting strips. */
export function trimmedPrefix(prefix: string): string {
  return prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
}

/** A percent-encoded octet means the same with lower-case and upper-case digits (RFC 3986 section 6.2.2.1). */
export function capitalHex(path: string): string {
  return path.replace(/%[\da-f]{2}/gi, (octet) => octet.toUpperCase());
}

/**
 * Matches on segment boundaries over the raw bytes: `/api` takes `/api` and `/api/x`, never `/apis` or `/%61pi`. The prefix
 * comes from `trimmedPrefix`, with its percent-encoded octets in capitals.
 */
export function pathMatches(prefix: string, path: string): boolean {
  if (!path.startsWith(prefix)) {
    if (!prefix.includes('%') || capitalHex(path.slice(0, prefix.length)) !== prefix) return false;
  }
  return path.length === prefix.length || path.charCodeAt(prefix.length) === SLASH;
}

/** The same, for paths that may be followed by a query or a fragment. */
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
  private rows: readonly Row<Entry>[] = [];
  private readonly declared: (entry: Entry) => Pick<GatewayRoute, 'prefix' | 'host'>;
  /** The last host requested, as sent and as compared: the next one is nearly always the same. */
  private said = '';
  private name = '';

  constructor(entries: readonly Entry[], declared: (entry: Entry) => Pick<GatewayRoute, 'prefix' | 'host'>) {
    this.declared = declared;
    this.replace(entries);
  }

  /** One swap: a request finds its route among these, or among those before. */
  replace(entries: readonly Entry[]): void {
    this.rows = entries
      .map((entry) => {
        const { prefix, host } = this.declared(entry);
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
