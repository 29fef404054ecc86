import { isIP } from 'node:net';
import { buildConnector, Pool } from 'undici';
import { Problem } from '../problem/problem.ts';
import type { Upstream } from '../split/order.ts';
import type { GatewayOptions } from './gateway.ts';
import { notingResets } from './reset.ts';
import { trimmedPrefix } from './route-table.ts';

/** A tunnel or an event stream: an exchange with no end of its own. */
export interface Stream {
  close(): void;
}

/** Where a version lives, ready for requests. */
export interface Destination {
  readonly upstream: Upstream;
  /** `http://host:port` */
  readonly origin: string;
  readonly protocol: 'http:' | 'https:';
  readonly hostname: string;
  readonly port: number;
  /** For TLS: the name that the certificate must have; null in plain HTTP and for addresses (RFC 6066 section 3). */
  readonly servername: string | null;
  /** `host:port` as a Host header has it. */
  readonly authority: string;
  /** The version's name as a header value. */
  readonly versionHeader: string;
  /** Takes the place of the route's prefix; no slash at its end. */
  readonly basePath: string;
  readonly pool: Pool;
  readonly streams: Set<Stream>;
}

/** The largest answer head that is read, in bytes. */
const MAX_ANSWER_HEAD = 65_536;

function parse(upstream: Upstream): URL & { protocol: 'http:' | 'https:' } {
  const url = URL.parse(upstream.url);
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new Problem('invalid-input', `The upstream URL of ${upstream.version} is not an absolute http or https URL.`);
  }
  return url as URL & { protocol: 'http:' | 'https:' };
}

/** One connection pool per upstream origin, held for as long as some order names the origin. */
export class Pools {
  private readonly timeouts: GatewayOptions['timeouts'];
  private readonly pools = new Map<string, Pool>();
  private readonly destinations = new Map<string, Destination>();

  constructor(timeouts: GatewayOptions['timeouts']) {
    this.timeouts = timeouts;
  }

  /** The same destination for the same upstream of a route, for as long as it is kept. */
  destination(route: string, upstream: Upstream): Destination {
    const key = JSON.stringify([route, upstream.version, upstream.url]);
    const known = this.destinations.get(key);
    if (known) return known;
    const url = parse(upstream);
    const hostname = url.hostname.replace(/^\[|\]$/g, '');
    const destination: Destination = {
      upstream,
      origin: url.origin,
      protocol: url.protocol,
      hostname,
      servername: url.protocol === 'https:' && isIP(hostname) === 0 ? hostname : null,
      port: Number(url.port) || (url.protocol === 'https:' ? 443 : 80),
      authority: url.host,
      versionHeader: /^[\x21-\x7e]+$/.test(upstream.version) ? upstream.version : encodeURIComponent(upstream.version),
      basePath: trimmedPrefix(url.pathname),
      pool: this.poolOf(url.origin),
      streams: new Set(),
    };
    this.destinations.set(key, destination);
    return destination;
  }

  /** Forgets every other destination; requests still open on a forgotten pool end before it closes. */
  keepOnly(named: ReadonlySet<Destination>): void {
    for (const [key, destination] of this.destinations) if (!named.has(destination)) this.destinations.delete(key);
    const origins = new Set(Array.from(named, ({ origin }) => origin));
    for (const [origin, pool] of this.pools) {
      if (origins.has(origin)) continue;
      this.pools.delete(origin);
      void pool.close();
    }
  }

  /** Breaks off whatever is still open. */
  async destroy(): Promise<void> {
    const pools = [...this.pools.values()];
    this.pools.clear();
    await Promise.all(pools.map((pool) => pool.destroy()));
  }

  private poolOf(origin: string): Pool {
    let pool = this.pools.get(origin);
    if (!pool) {
      pool = new Pool(origin, {
        allowH2: false,
        pipelining: 1,
        connect: notingResets(buildConnector({ timeout: this.timeouts.connectMs, allowH2: false })),
        headersTimeout: this.timeouts.answerMs,
        // Silence within an answer is judged where the client's side is seen as well: exchange.ts.
        bodyTimeout: 0,
        maxHeaderSize: MAX_ANSWER_HEAD,
      });
      this.pools.set(origin, pool);
    }
    return pool;
  }
}
