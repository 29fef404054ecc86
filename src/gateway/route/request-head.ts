import type { IncomingMessage } from 'node:http';
import { hearsayOf, isDisguised, NOT_FORWARDED, nominated } from '../http/headers.ts';
import type { Via } from '../http/via.ts';
import type { DecidingFields } from './deciding-fields.ts';
import type { Peer } from './peer.ts';
import { trimmedPrefix } from './route-table.ts';

export interface RequestHead {
  readonly incoming: IncomingMessage;
  readonly peer: Peer;
  readonly requestId: string;
  /** The Host that the upstream sees. */
  readonly host: string;
  readonly route: {
    readonly deciding: DecidingFields;
    /** What rewriting strips from the path. */
    readonly stripped: string;
    readonly via: Via;
  };
}

/**
 * The head for the upstream as name, value, name, value: as received (case, order, duplicates), without hop-by-hop
 * fields and what an untrusted peer claimed, followed by ours. Strip first and set after, or
 * `Connection: X-Forwarded-For` would remove what was just set.
 */
export function requestHeaders({ incoming, peer, requestId, host, route }: RequestHead): string[] {
  const { rawHeaders, headers } = incoming;
  const { deciding } = route;
  const dropped = nominated(headers.connection, deciding);
  const out = ['Host', host];
  let isIdKept = false;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    const lower = name.toLowerCase();
    if (NOT_FORWARDED.has(lower) || dropped?.has(lower)) continue;
    if (isDisguised(lower) || deciding.isDisguised(lower)) continue;
    if (lower === 'trailer' && headers['transfer-encoding'] === undefined) continue;
    const hearsay = hearsayOf(lower);
    if (hearsay === 'replaced' || (hearsay === 'passed' && !peer.isTrusted)) continue;
    if (lower === 'x-request-id') {
      if (isIdKept || rawHeaders[at + 1] !== requestId) continue;
      isIdKept = true;
    }
    out.push(name, rawHeaders[at + 1] ?? '');
  }
  out.push(...forwardedFields(peer, headers.host ?? '', (name) => headers[name]?.toString()));
  const prefix = peer.isTrusted ? headers['x-forwarded-prefix']?.toString() : undefined;
  out.push(...wayFields(route, { httpVersion: incoming.httpVersion, prefix }));
  if (!isIdKept) out.push('X-Request-Id', requestId);
  return out;
}

/** Tells the upstream the client, the proxies, the host and the scheme (the X-Forwarded-* fields, alternating names and values). */
export function forwardedFields(
  { address, isTrusted }: Peer,
  host: string,
  fieldOf: (lower: string) => string | undefined,
): string[] {
  const said = (name: string): string | undefined => (isTrusted ? fieldOf(name) : undefined);
  const chain = said('x-forwarded-for');
  return [
    'X-Forwarded-For',
    chain === undefined ? address : `${chain}, ${address}`,
    'X-Forwarded-Host',
    said('x-forwarded-host') ?? host,
    'X-Forwarded-Proto',
    said('x-forwarded-proto') ?? 'http',
  ];
}

/** How a request got here, for `wayFields`. */
interface Way {
  readonly httpVersion: string;
  /** Stripped from the path by a trusted proxy in front of us, according to that proxy. */
  readonly prefix: string | undefined;
}

/** What was stripped from the path on the way, and that the request passed through here. */
export function wayFields({ stripped, via }: Pick<RequestHead['route'], 'stripped' | 'via'>, way: Way): string[] {
  const { prefix, httpVersion } = way;
  const before = prefix !== undefined && /^\/[\x21-\x2b\x2d-\x7e]*$/.test(prefix) ? trimmedPrefix(prefix) : '';
  const taken = `${before}${stripped}`;
  return [...(taken === '' ? [] : ['X-Forwarded-Prefix', taken]), 'Via', via.after(httpVersion)];
}
