import { type IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { MAX_LENGTH_DIGITS } from '../http/grammar.ts';
import { isPlainHost } from '../http/host-name.ts';
import type { GatewayLimits } from '../http/limits.ts';
import { type Refusal, TOO_LARGE } from '../http/refuse.ts';
import { requestIdOf } from '../http/request-ids.ts';
import { readTarget, type Target } from '../http/target.ts';
import type { Via } from '../http/via.ts';

const NOWHERE: Target = { path: '', query: '', hasEncodedSlash: false };

/** A data-path request, with what admission learned about it. */
export class GatewayRequest extends IncomingMessage {
  target: Target = NOWHERE;
  /** Whether a later request on the connection has begun: the connection cannot end after this answer. */
  isFollowed = false;
  private id: string | null = null;

  /** The client's own id, or a generated one. */
  get requestId(): string {
    this.id ??= requestIdOf(this.headers);
    return this.id;
  }

  /** The value of a field other than Set-Cookie, by its lower-case name. */
  field(lower: string): string | undefined {
    const value = this.headers[lower];
    return typeof value === 'string' ? value : undefined;
  }
}

/** The parts of a request that decide whether it is admitted. */
export type IncomingHead = Pick<IncomingMessage, 'method' | 'url' | 'httpVersion' | 'rawHeaders'> & {
  readonly headers: IncomingHttpHeaders;
};

const bad = (detail: string): Refusal => ({ status: 400, detail });

/** `server` is `OPTIONS *`: a question to the gateway itself (RFC 9110 section 9.3.7). */
export type Admission =
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'server' }
  | { readonly kind: 'admitted'; readonly target: Target };

/**
 * Refuses what the strict parser accepts but a gateway must not forward: anything that a server behind it could read
 * differently.
 */
export function admit(incoming: IncomingHead, limits: GatewayLimits, via: Via): Admission {
  const refusal = refusalOfSize(incoming, limits) ?? refusalOfHead(incoming) ?? via.refusalOf(incoming.headers.via);
  if (refusal) return { kind: 'refused', refusal };
  const { url = '', method } = incoming;
  if (url === '*' && method === 'OPTIONS') return { kind: 'server' };
  // RFC 9112 section 3.2 has an empty Host for targets without an authority; an http URI has one (RFC 9110 section 4.2.1).
  if (incoming.headers.host === '') return { kind: 'refused', refusal: bad('The Host header is empty.') };
  const target = readTarget(url);
  return typeof target === 'string' ? { kind: 'refused', refusal: bad(target) } : { kind: 'admitted', target };
}

function refusalOfHead({ httpVersion, rawHeaders, headers }: IncomingHead): Refusal | null {
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return bad('The request line does not say HTTP/1.1.');
  if (httpVersion === '1.1' && headers.host === undefined) return bad('The request has no Host header.');
  if (linesOf(rawHeaders, 'host') > 1) return bad('The request has more than one Host header.');
  // The upstream might use a different one from the one that chose the version.
  if (linesOf(rawHeaders, 'authorization') > 1) return bad('The request has more than one Authorization header.');
  if (!isPlainHost(headers.host ?? '')) return bad('The Host header is not a host with an optional port.');
  if ((headers['content-length']?.length ?? 0) > MAX_LENGTH_DIGITS) return bad('No body is as long as that.');
  const codings = headers['transfer-encoding'];
  if (codings === undefined) return null;
  // RFC 9112 section 6.1: an HTTP/1.0 message with Transfer-Encoding has faulty framing.
  if (httpVersion === '1.0') return bad('An HTTP/1.0 request cannot have a Transfer-Encoding.');
  if (codings.toLowerCase() !== 'chunked') return bad('The only transfer coding that is served is chunked.');
  return headers['content-length'] === undefined ? null : bad('The length of the body is said in two ways.');
}

function refusalOfSize({ url = '', rawHeaders, headers }: IncomingHead, limits: GatewayLimits): Refusal | null {
  const { urlBytes, headerCount, bodyBytes } = limits;
  if (url.length > urlBytes) return { status: 414, detail: `The request target is longer than ${urlBytes} bytes.` };
  if (rawHeaders.length > 2 * headerCount) {
    return { status: 431, detail: `There are more than ${headerCount} header fields.` };
  }
  return bodyBytes !== null && Number(headers['content-length'] ?? 0) > bodyBytes ? TOO_LARGE : null;
}

/** How many lines a field has. More than one of these fields is an error, even when they agree. */
function linesOf(rawHeaders: readonly string[], lower: 'host' | 'authorization'): number {
  let lines = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === lower.length && name.toLowerCase() === lower) lines++;
  }
  return lines;
}
