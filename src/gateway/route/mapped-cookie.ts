import { isIP } from 'node:net';
import type { ClientPlace } from './client-place.ts';

export interface CookieMap {
  /** An upstream's path as the client has to request it. */
  path(path: string): string;
  readonly client: Pick<ClientPlace, 'hostname' | 'prefix'>;
  /** The names of the route's upstreams. */
  readonly upstreams: readonly string[];
}

/**
 * A `Set-Cookie` value whose Path and Domain work for the client: a browser refuses a cookie for a domain that it did not
 * request, and never sends one back to a path that it does not request.
 */
export function mappedCookie(value: string, map: CookieMap): string {
  const [pair = '', ...attributes] = value.split(';');
  const mapped = attributes.flatMap((attribute) => mappedAttribute(attribute, pair, map));
  return mapped.length === attributes.length && mapped.every((one, at) => one === attributes[at])
    ? value
    : [pair, ...mapped].join(';');
}

function mappedAttribute(attribute: string, pair: string, map: CookieMap): readonly string[] {
  const [before = '', name = ''] = /^\s*(path|domain)\s*=\s*/i.exec(attribute) ?? [];
  const said = attribute.slice(before.length).trimEnd();
  switch (name.toLowerCase()) {
    case 'path':
      // A browser accepts a __Host- cookie only for the path / (RFC 6265bis section 4.1.3.2).
      if (!said.startsWith('/') || /^\s*__host-/i.test(pair)) return [attribute];
      return [`${before}${mappedPath(said, map)}`];
    case 'domain': {
      const domain = said.toLowerCase().replace(/^\./, '');
      const { hostname } = map.client;
      const isOfClient = hostname !== null && isDomainOf(domain, hostname);
      if (isOfClient || !map.upstreams.some((upstream) => isDomainOf(domain, upstream))) return [attribute];
      // Without the attribute the cookie is for the client's host alone, the only choice for an address or a bare name.
      return hostname === null || isIP(hostname) !== 0 || !/^[^[].*\./.test(hostname) ? [] : [`${before}${hostname}`];
    }
    default:
      return [attribute];
  }
}

/** `/` becomes the prefix itself: with a trailing slash it would not match the prefix alone. */
function mappedPath(said: string, map: CookieMap): string {
  const mapped = map.path(said);
  return said === '/' && mapped === `${map.client.prefix}/` ? map.client.prefix || '/' : mapped;
}

/** RFC 6265 section 5.1.3. */
function isDomainOf(domain: string, hostname: string): boolean {
  return domain !== '' && (hostname === domain || (isIP(hostname) === 0 && hostname.endsWith(`.${domain}`)));
}
