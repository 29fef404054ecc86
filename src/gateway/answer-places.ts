import type { UpstreamHead, UpstreamRequest } from './client.ts';
import { type ClientSide, clientSide } from './client-side.ts';
import type { GatewayRoute } from './gateway.ts';
import { mappedCookie } from './mapped-cookie.ts';
import type { Destination } from './pools.ts';
import { isWithin } from './route-table.ts';

/** What an answer is to, as far as places go. */
export interface Placed {
  readonly destination: Destination;
  readonly request: Pick<UpstreamRequest, 'path' | 'headers'>;
}

/** A path of an upstream as the client has to ask for it; the same where the route rewrites nothing. */
type PathMap = (path: string, basePath: string) => string;

/**
 * Puts the route where an answer names one of its upstreams: an address behind the gateway is of no use to the client, and
 * past the gateway there is neither a split nor a measurement.
 */
export class AnswerPlaces {
  private readonly declared: Pick<GatewayRoute, 'rewrite' | 'hostHeader'>;
  private readonly upstreams: readonly Destination[];

  constructor(declared: Pick<GatewayRoute, 'rewrite' | 'hostHeader'>, upstreams: readonly Destination[]) {
    this.declared = declared;
    this.upstreams = upstreams;
  }

  /** The same head where nothing in it names an upstream. */
  map(head: UpstreamHead, placed: Placed): UpstreamHead {
    const { rawHeaders, status, reason, hasDate, isEventStream, body, length, namesPlaces } = head;
    const client = clientSide(placed.request.headers);
    const mapped = [...rawHeaders];
    let isSame = true;
    for (let at = 0; at + 1 < mapped.length; at += 2) {
      const value = mapped[at + 1] ?? '';
      const put = this.mapField((mapped[at] ?? '').toLowerCase(), value, { client, placed });
      if (put === value) continue;
      mapped[at + 1] = put;
      isSame = false;
    }
    if (isSame) return head;
    return { status, reason, hasDate, isEventStream, body, length, namesPlaces, rawHeaders: mapped, passing: null };
  }

  private mapField(
    lower: string,
    value: string,
    asked: { readonly client: ClientSide; readonly placed: Placed },
  ): string {
    const mapUrl = (url: string) => this.mapUrl(url, asked.client, asked.placed);
    switch (lower) {
      case 'location':
      case 'content-location':
        return mapUrl(value);
      case 'refresh':
        return mappedRefresh(value, mapUrl);
      case 'link':
        return mappedLinks(value, mapUrl);
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

  private mapUrl(url: string, client: ClientSide, { destination, request }: Placed): string {
    const absolute = /^(https?:)?\/\/([^/?#]*)(.*)$/i.exec(url);
    if (absolute) {
      const [, scheme = destination.protocol, authority = '', rest = ''] = absolute;
      const path = rest.startsWith('/') ? rest : `/${rest}`;
      const basePath = this.basePathOf(placeOf(scheme.toLowerCase(), authority), path, { client, destination });
      return basePath === null ? url : `${client.origin ?? ''}${this.pathMap(client)(path, basePath)}`;
    }
    if (url.startsWith('/')) return this.pathMap(client)(url, destination.basePath);
    if (/^$|^[?#]|^[a-z][a-z\d+.-]*:|[^\x20-\x7e]/i.test(url) || !this.declared.rewrite) return url;
    return this.mapRelative(url, client, { destination, request });
  }

  /** A relative path goes as it came, unless the client's path is one on which it means another place. */
  private mapRelative(url: string, client: ClientSide, { destination, request }: Placed): string {
    const meant = resolved(url, request.path);
    const mapped = meant && this.pathMap(client)(meant, destination.basePath);
    // Of the root it is not known whether the client asked for it with a slash at the end of the prefix.
    const isRoot = destination.basePath === '' && /^\/(?:\?|$)/.test(request.path);
    const asked = isRoot ? client.prefix : this.pathMap(client)(request.path, destination.basePath);
    return mapped === null || mapped === resolved(url, asked) ? url : mapped;
  }

  /** The path of the upstream that a URL names, or null for a URL elsewhere. */
  private basePathOf(
    place: string,
    path: string,
    { client, destination }: { readonly client: ClientSide; readonly destination: Destination },
  ): string | null {
    const own = this.declared.hostHeader === 'preserve' && place === client.place ? [destination] : [];
    const named = [...own, destination, ...this.upstreams].filter(
      (one) => own.includes(one) || one.authority === place,
    );
    return (named.find(({ basePath }) => isWithin(basePath, path)) ?? named[0])?.basePath ?? null;
  }

  private pathMap({ prefix }: ClientSide): PathMap {
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

/** `5; url="/next"`, in the forms that browsers take (HTML Standard, "shared declarative refresh steps"). */
function mappedRefresh(value: string, mapUrl: UrlMap): string {
  const before = /^[\d.]+\s*[;,]\s*(?:url\s*=\s*)?["']?/i.exec(value)?.[0];
  if (before === undefined) return value;
  const quote = /["']$/.exec(before)?.[0];
  const end = quote === undefined ? -1 : value.indexOf(quote, before.length);
  const url = value.slice(before.length, end === -1 ? value.length : end);
  return `${before}${mapUrl(url)}${value.slice(before.length + url.length)}`;
}

/** The targets of `<target>; rel=next, <target>` (RFC 8288 section 3). In one pass: the value may be long, and made to be slow. */
function mappedLinks(value: string, mapUrl: UrlMap): string {
  let mapped = '';
  let from = 0;
  for (let open = value.indexOf('<'); open !== -1; open = value.indexOf('<', from)) {
    const close = value.indexOf('>', open);
    if (close === -1) break;
    mapped += `${value.slice(from, open + 1)}${mapUrl(value.slice(open + 1, close))}`;
    from = close;
    // What follows are parameters, which may hold an angle bracket in quotes.
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

/** `host:port` without the port that the scheme has by default. */
function placeOf(scheme: string, authority: string): string {
  const usual = scheme === 'https:' ? /:(?:443)?$/ : /:(?:80)?$/;
  return authority.toLowerCase().replace(usual, '');
}

function resolved(reference: string, path: string): string | null {
  const url = URL.parse(reference, `http://upstream${path}`);
  return url && `${url.pathname}${url.search}${url.hash}`;
}

/** What the client is to see of an answer's head. */
export function mappedHead(
  head: UpstreamHead,
  placed: Placed & { readonly places: AnswerPlaces | null },
): UpstreamHead {
  return head.namesPlaces && placed.places !== null ? placed.places.map(head, placed) : head;
}

/** Null where the route keeps what its upstreams say. */
export function answerPlaces(declared: GatewayRoute, upstreams: readonly Destination[]): AnswerPlaces | null {
  return declared.redirects === 'keep' ? null : new AnswerPlaces(declared, upstreams);
}
