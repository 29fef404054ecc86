import type { GatewayRoute } from '../gateway.ts';
import type { UpstreamHead, UpstreamRequest } from '../upstream/upstream-client.ts';
import { type ClientPlace, clientPlace } from './client-place.ts';
import type { Destination } from './destinations.ts';
import { mappedCookie } from './mapped-cookie.ts';
import { isWithin } from './route-table.ts';

/** The request of an answer, as far as places matter. */
export interface Placed {
  readonly destination: Destination;
  readonly request: Pick<UpstreamRequest, 'path' | 'headers'>;
}

/** How many places of one answer are mapped: each takes a look at the path of its request, and both may be long. */
const MOST_PLACES = 100;

/** The state while one answer's fields are mapped. */
interface Mapping {
  readonly client: ClientPlace;
  readonly placed: Placed;
  /** How many more places may be mapped. */
  left: number;
  /** The base of its relative references; null until needed. */
  relative: Relative | null;
}

/** The base of an answer's relative references, for the upstream and for the client. */
interface Relative {
  readonly meant: string;
  readonly asked: string;
  /** Whether a reference without `..` means the same from both. */
  readonly isSameBelow: boolean;
}

/** An upstream's path as the client has to request it; the same if the route rewrites nothing. */
type PathMap = (path: string, basePath: string) => string;

/**
 * Puts the route where an answer names one of its upstreams: a client cannot use an address behind the gateway, and
 * bypassing the gateway would bypass the split and the measurement.
 */
export class AnswerPlaces {
  private readonly declared: Pick<GatewayRoute, 'rewrite' | 'hostHeader'>;
  private readonly upstreams: readonly Destination[];

  constructor(declared: Pick<GatewayRoute, 'rewrite' | 'hostHeader'>, upstreams: readonly Destination[]) {
    this.declared = declared;
    this.upstreams = upstreams;
  }

  /** Returns the same head if nothing in it names an upstream. */
  map(head: UpstreamHead, placed: Placed): UpstreamHead {
    const { rawHeaders, status, reason, hasDate, isEventStream, isJson, body, length, namesPlaces } = head;
    const mapping: Mapping = { client: clientPlace(placed.request.headers), placed, left: MOST_PLACES, relative: null };
    const mapped = [...rawHeaders];
    let isSame = true;
    for (let at = 0; at + 1 < mapped.length; at += 2) {
      const value = mapped[at + 1] ?? '';
      const put = this.mapField((mapped[at] ?? '').toLowerCase(), value, mapping);
      if (put === value) continue;
      mapped[at + 1] = put;
      isSame = false;
    }
    if (isSame) return head;
    return {
      status,
      reason,
      hasDate,
      isEventStream,
      isJson,
      body,
      length,
      namesPlaces,
      rawHeaders: mapped,
      passing: null,
    };
  }

  private mapField(lower: string, value: string, asked: Mapping): string {
    const mapUrl = (url: string) => this.mapUrl(url, asked);
    switch (lower) {
      case 'location':
      case 'content-location':
        return mapUrl(value);
      case 'refresh':
        return mappedRefresh(value, mapUrl);
      case 'link':
        return mappedLinks(value, asked.left, mapUrl);
      case 'set-cookie': {
        const { destination } = asked.placed;
        return mappedCookie(value, {
          path: (path) => this.pathMap(asked.client)(path, destination.basePath),
          client: asked.client,
          upstreams: this.upstreams.map(({ hostname }) => hostname),
        });
      }
      default:
        return value;
    }
  }

  private mapUrl(url: string, mapping: Mapping): string {
    if (mapping.left-- <= 0) return url;
    const { client } = mapping;
    const { destination } = mapping.placed;
    const absolute = /^(https?:)?\/\/([^/?#]*)(.*)$/i.exec(url);
    if (absolute) {
      const [, scheme = destination.protocol, authority = '', rest = ''] = absolute;
      const path = rest.startsWith('/') ? rest : `/${rest}`;
      const basePath = this.basePathOf(placeOf(scheme.toLowerCase(), authority), path, { client, destination });
      return basePath === null ? url : `${client.origin ?? ''}${this.pathMap(client)(path, basePath)}`;
    }
    if (url.startsWith('/')) return this.pathMap(client)(url, destination.basePath);
    if (/^$|^[?# ]|^[a-z][a-z\d+.-]*:|[^\x20-\x7e]/i.test(url) || !this.declared.rewrite) return url;
    return this.mapRelative(url, mapping);
  }

  /** A relative path stays as received, unless from the client's path it means another place. */
  private mapRelative(url: string, mapping: Mapping): string {
    const { client, placed } = mapping;
    mapping.relative ??= this.relativeOf(client, placed);
    const { meant, asked, isSameBelow } = mapping.relative;
    if (isSameBelow && !/\.\.|%2e|\\/i.test(url)) return url;
    const place = resolved(url, meant);
    const mapped = place && this.pathMap(client)(place, placed.destination.basePath);
    return mapped === null || mapped === resolved(url, asked) ? url : mapped;
  }

  private relativeOf(client: ClientPlace, { destination, request }: Placed): Relative {
    const { basePath } = destination;
    const map = this.pathMap(client);
    const meant = folderOf(request.path);
    // At the root it is not known whether the client asked for it with a slash at the end of the prefix.
    const isRoot = basePath === '' && /^\/(?:\?|$)/.test(request.path);
    const asked = folderOf(isRoot ? client.prefix : map(request.path, basePath));
    // From above the base, or the prefix, a reference may lead into it, where paths are mapped differently.
    const isInside = basePath === '' ? !client.prefix.startsWith(meant) : isWithin(basePath, meant);
    return { meant, asked, isSameBelow: isInside && map(meant, basePath) === asked };
  }

  /** The upstream path that a URL names, or null for a URL elsewhere. */
  private basePathOf(
    place: string,
    path: string,
    { client, destination }: { readonly client: ClientPlace; readonly destination: Destination },
  ): string | null {
    const own = this.declared.hostHeader === 'preserve' && place === client.place ? [destination] : [];
    const named = [...own, destination, ...this.upstreams].filter(
      (one) => own.includes(one) || one.authority === place,
    );
    return (named.find(({ basePath }) => isWithin(basePath, path)) ?? named[0])?.basePath ?? null;
  }

  private pathMap({ prefix }: ClientPlace): PathMap {
    return (path, basePath) => {
      if (!this.declared.rewrite || basePath === prefix) return path;
      if (basePath !== '' && isWithin(basePath, path)) return `${prefix}${path.slice(basePath.length)}` || '/';
      // A service that honours X-Forwarded-Prefix has added it already; a path outside the base has no place in the route.
      if (basePath !== '' || isWithin(prefix, path)) return path;
      return `${prefix}${path}`;
    };
  }
}

type UrlMap = (url: string) => string;

/** `5; url="/next"`, in the forms that browsers accept (HTML Standard, "shared declarative refresh steps"). */
function mappedRefresh(value: string, mapUrl: UrlMap): string {
  const before = /^[\d.]+\s*[;,]\s*(?:url\s*=\s*)?["']?/i.exec(value)?.[0];
  if (before === undefined) return value;
  const quote = /["']$/.exec(before)?.[0];
  const end = quote === undefined ? -1 : value.indexOf(quote, before.length);
  const url = value.slice(before.length, end === -1 ? value.length : end);
  return `${before}${mapUrl(url)}${value.slice(before.length + url.length)}`;
}

/**
 * The targets of `<target>; rel=next, <target>` (RFC 8288 section 3), unless there are more than `most`. In one pass: the value
 * may be long, and crafted to be slow.
 */
function mappedLinks(value: string, most: number, mapUrl: UrlMap): string {
  if (value.split('<', most + 2).length - 1 > most) return value;
  let mapped = '';
  let from = 0;
  for (let open = value.indexOf('<'); open !== -1; open = value.indexOf('<', from)) {
    const close = value.indexOf('>', open);
    if (close === -1) break;
    mapped += `${value.slice(from, open + 1)}${mapUrl(value.slice(open + 1, close))}`;
    from = close;
    // Parameters follow, which may contain a quoted angle bracket.
    const next = endOfParameters(value, close);
    mapped += value.slice(from, next);
    from = next;
  }
  return mapped + value.slice(from);
}

function endOfParameters(value: string, from: number): number {
  let isQuoted = false;
  for (let at = from; at < value.length; at++) {
    const char = value.charAt(at);
    if (char === '\\' && isQuoted) at++;
    else if (char === '"') isQuoted = !isQuoted;
    else if (char === ',' && !isQuoted) return at;
  }
  return value.length;
}

/** `host:port`, without the scheme's default port. */
function placeOf(scheme: string, authority: string): string {
  const usual = scheme === 'https:' ? /:(?:443)?$/ : /:(?:80)?$/;
  return authority.toLowerCase().replace(usual, '');
}

/** The base of relative references (RFC 3986 section 5.2.3): a path through its last slash. */
function folderOf(path: string): string {
  const end = path.search(/[?#]/);
  return path.slice(0, path.lastIndexOf('/', end === -1 ? path.length : end) + 1) || '/';
}

function resolved(reference: string, path: string): string | null {
  const url = URL.parse(reference, `http://upstream${path}`);
  return url && `${url.pathname}${url.search}${url.hash}`;
}

/** An answer's head as the client should see it. */
export function mappedHead(
  head: UpstreamHead,
  placed: Placed & { readonly places: AnswerPlaces | null },
): UpstreamHead {
  return head.namesPlaces && placed.places !== null ? placed.places.map(head, placed) : head;
}

/** Null if the route leaves answers unchanged. */
export function answerPlaces(declared: GatewayRoute, upstreams: readonly Destination[]): AnswerPlaces | null {
  return declared.redirects === 'keep' ? null : new AnswerPlaces(declared, upstreams);
}
