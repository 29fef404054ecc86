import { isIPv6 } from 'node:net';

const HOST = /^(?:[\w.-]+|\[([\da-fA-F:.]+)\])(?::(\d{0,5}))?$/;

/**
 * The host that a `Host` header names, in the one spelling that routes are compared in: lower case, without port and
 * without the root dot (RFC 9110 section 4.2.3, RFC 3986 section 3.2.2).
 */
export function hostName(host: string): string {
  const name = host.replace(/:\d*$/, '').toLowerCase();
  // One IPv6 address has many spellings (RFC 5952).
  if (name.startsWith('[')) return URL.parse(`http://${name}`)?.hostname ?? name;
  return name.endsWith('.') ? name.slice(0, -1) : name;
}

/**
 * Whether a route with this host takes a request for that name. `*.example.com` takes every name below example.com, at any
 * depth, and not example.com itself: as with nginx, Envoy and the Gateway API.
 */
export function hostMatches(pattern: string | null, name: string): boolean {
  if (pattern === null) return true;
  if (!isWildcard(pattern)) return name === pattern;
  return name.length >= pattern.length && name.endsWith(pattern.slice(1)) && !name.startsWith('.');
}

/** If two hosts match, the one with the higher rank wins: an exact name, then the longest wildcard. */
export function hostRank(pattern: string | null): number {
  if (pattern === null) return 0;
  return isWildcard(pattern) ? pattern.length : Number.MAX_SAFE_INTEGER;
}

function isWildcard(pattern: string): boolean {
  return pattern.startsWith('*.');
}

/**
 * uri-host [ ":" port ] of RFC 9110 section 7.2, of names as DNS has them, and the port may be empty (RFC 3986 section
 * 3.2.3); userinfo and any part of a path are refused. An HTTP/1.0 client may send nothing at all.
 */
export function isPlainHost(host: string): boolean {
  if (host === '') return true;
  const match = HOST.exec(host);
  if (!match) return false;
  const [, literal, port = '0'] = match;
  return (literal === undefined || isIPv6(literal)) && Number(port) <= 65_535;
}
