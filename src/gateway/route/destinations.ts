import { isIP } from 'node:net';
import { Problem } from '../../problem/problem.ts';
import type { Upstream } from '../../split/order.ts';
import { flat } from '../http/flat-text.ts';
import type { Origin } from '../upstream/dial.ts';
import { placeOf } from '../upstream/own-request.ts';
import { Pool, type PoolOptions } from '../upstream/pool.ts';
import type { UpstreamClient } from '../upstream/upstream-client.ts';
import type { UpstreamTrust } from '../upstream/upstream-trust.ts';
import { trimmedPrefix } from './route-table.ts';

/** A tunnel or an event stream: an exchange that does not end by itself. */
export interface Stream {
  close(): void;
  /** `close` threw. */
  onFault(error: unknown): void;
}

/** Where a version runs, ready for requests. */
export interface Destination extends Origin {
  readonly upstream: Upstream;
  /** `http://host:port` */
  readonly origin: string;
  /** `host:port` as a Host header has it. */
  readonly authority: string;
  /** The `Host` line with it. */
  readonly hostLine: string;
  /** The version's name as a header value. */
  readonly versionHeader: string;
  /** The answer line with it. */
  readonly versionLine: string;
  /** Replaces the route's prefix; no trailing slash. */
  readonly basePath: string;
  readonly client: UpstreamClient;
  readonly streams: Set<Stream>;
}

function parse(upstream: Upstream): URL & { protocol: 'http:' | 'https:' } {
  const url = URL.parse(upstream.url);
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new Problem('invalid-input', `The upstream URL of ${upstream.version} is not an absolute http or https URL.`);
  }
  return url as URL & { protocol: 'http:' | 'https:' };
}

/** One connection pool per upstream origin, kept as long as some order names the origin. */
export class Pools {
  private readonly options: Omit<PoolOptions, 'origin'>;
  private readonly trust: UpstreamTrust | null;
  private readonly pools = new Map<string, UpstreamClient>();
  private readonly destinations = new Map<string, Destination>();

  /** `options` apply to every pool; `trust` null means what Node trusts. */
  constructor(options: Omit<PoolOptions, 'origin'>, trust: UpstreamTrust | null = null) {
    this.options = options;
    this.trust = trust;
  }

  /** The same destination for the same upstream of a route, as long as it is kept. */
  destination(route: string, upstream: Upstream): Destination {
    const key = JSON.stringify([route, upstream.version, upstream.url]);
    const known = this.destinations.get(key);
    if (known) return known;
    const url = parse(upstream);
    const { isTls, host: hostname, port } = placeOf(url);
    const place: Origin = {
      protocol: url.protocol,
      hostname,
      servername: isTls && isIP(hostname) === 0 ? hostname : null,
      port,
      trust: this.trust,
    };
    const versionHeader = /^[\x21-\x7e]+$/.test(upstream.version)
      ? upstream.version
      : encodeURIComponent(upstream.version);
    const destination: Destination = {
      ...place,
      upstream,
      origin: url.origin,
      authority: url.host,
      hostLine: flat(`Host: ${url.host}\r\n`),
      versionHeader,
      versionLine: flat(`X-Serin-Version: ${versionHeader}\r\n`),
      basePath: trimmedPrefix(url.pathname),
      client: this.clientOf(url.origin, place),
      streams: new Set(),
    };
    this.destinations.set(key, destination);
    return destination;
  }

  /** Forgets every other destination; open requests on a forgotten pool end before it closes. */
  keepOnly(named: ReadonlySet<Destination>): void {
    for (const [key, destination] of this.destinations) if (!named.has(destination)) this.destinations.delete(key);
    const origins = new Set(Array.from(named, ({ origin }) => origin));
    for (const [origin, pool] of this.pools) {
      if (origins.has(origin)) continue;
      this.pools.delete(origin);
      pool.close();
    }
  }

  /** Breaks off whatever is still open. */
  destroy(): void {
    for (const pool of this.pools.values()) pool.destroy();
    this.pools.clear();
  }

  private clientOf(origin: string, place: Origin): UpstreamClient {
    let client = this.pools.get(origin);
    if (!client) {
      client = new Pool({ ...this.options, origin: place });
      this.pools.set(origin, client);
    }
    return client;
  }
}
