/** Carries a token that lets its sender choose the version; meant for us alone. */
export const FORCE_TOKEN_HEADER = 'x-serin-force-token';

/** By this field a service tells a mirrored request from its client's own; its value is the route. */
export const MIRROR_FIELD = 'x-serin-mirror';

/** Connection-level fields that end at every hop (RFC 9110 section 7.6.1). */
export const HOP_BY_HOP = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'te',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

/**
 * Fields that we set, that belong to the framing of each hop (the upstream client writes its own), or that are meant for us
 * alone: any service that sees a force token could reuse it.
 */
export const NOT_FORWARDED = new Set([...HOP_BY_HOP, 'host', 'expect', 'content-length', FORCE_TOKEN_HEADER]);

/** The fields in which we say who the client is and what it asked for. */
const FORWARDED_BY_US = new Set(['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-prefix']);

/** Other fields in which proxies say the same, which path was requested before they rewrote it, or that they mirror a request. */
const FORWARDED_BY_OTHERS = new Set([
  'forwarded',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'true-client-ip',
  'client-ip',
  'x-original-forwarded-for',
  'x-original-host',
  'x-original-url',
  'x-rewrite-url',
  MIRROR_FIELD,
]);

/**
 * Fields in which a proxy says who the client is and what it asked for; believed from trusted peers only. `replaced` are those
 * that we then set, including what we believed in them.
 */
export function hearsayOf(lower: string): 'replaced' | 'passed' | null {
  if (FORWARDED_BY_US.has(lower)) return 'replaced';
  return lower.startsWith('x-forwarded-') || FORWARDED_BY_OTHERS.has(lower) ? 'passed' : null;
}

/** The lower-case names that `unfitToChoose` refuses, besides all that begin with `x-forwarded-` and disguised ones. */
export const NAMES_UNFIT_TO_CHOOSE: readonly string[] = [...NOT_FORWARDED, ...FORWARDED_BY_OTHERS];

/** Why a field, by its lower-case name, may not choose a version: a clause about the name, or null. */
export function unfitToChoose(lower: string): string | null {
  if (NOT_FORWARDED.has(lower))
    return 'is a header of the connection or of Serin itself, and never reaches the upstream';
  if (hearsayOf(lower) === null && !isDisguised(lower)) return null;
  return 'is a header by which proxies say who came: outsiders could choose by it, so use `sticky: client-address`';
}

/**
 * End-to-end fields that `Connection` cannot remove, because they are meant for the upstream (RFC 9110 section 7.6.1). The
 * fields by which a route chooses are added to these.
 */
const PROTECTED = new Set([
  'host',
  'origin',
  'referer',
  'via',
  'authorization',
  'proxy-authorization',
  'idempotency-key',
  'range',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'if-range',
  'cookie',
  'set-cookie',
  'content-length',
  'content-type',
  'content-encoding',
  'content-range',
  'cache-control',
  'date',
  'location',
  'content-location',
  'refresh',
  'vary',
  'x-request-id',
  'traceparent',
  'tracestate',
  'x-serin-version',
]);

/** Lower-case field names. */
export interface NameSet {
  has(lower: string): boolean;
  /** Whether CGI would read this name as one of them. */
  isDisguised(lower: string): boolean;
}

/** The names that a Connection header nominates and may remove; null in the common case of none. */
export function nominated(connection: string | undefined, deciding: NameSet | null): ReadonlySet<string> | null {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return null;
  const names = connection.split(',').map((name) => name.trim().toLowerCase());
  const mayGo = (name: string) => !PROTECTED.has(name) && hearsayOf(name) === null && deciding?.has(name) !== true;
  return new Set(names.filter(mayGo));
}

/**
 * CGI and its successors read `X_Forwarded_For` as `X-Forwarded-For` (RFC 3875 section 4.1.18), so it would assert
 * unchecked what the real field may not.
 */
export function isDisguised(lower: string): boolean {
  if (!lower.includes('_')) return false;
  const plain = lower.replaceAll('_', '-');
  return NOT_FORWARDED.has(plain) || plain === 'x-request-id' || hearsayOf(plain) !== null;
}

/** How an answer's body can be framed for the client; trailers need chunks (RFC 9110 section 6.5). */
export type AnswerBody = 'chunked' | 'sized' | 'none';

interface AnswerParts {
  readonly rawHeaders: readonly string[];
  readonly status: number;
  readonly method: string;
  /** `1.0` clients do not understand chunks. */
  readonly httpVersion: string;
  /** Added last; replaces an upstream field with the same name. */
  readonly version: string | null;
  readonly setCookie: string | null;
}

/** The head for the client, under the same rules in the other direction. */
export function answerHeaders(head: AnswerParts): { readonly headers: string[]; readonly body: AnswerBody } {
  const { rawHeaders, status, version } = head;
  let headers: string[] = [];
  let connection = '';
  let isSized = false;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    const value = rawHeaders[at + 1] ?? '';
    const lower = name.toLowerCase();
    if (lower === 'connection') connection += `${value},`;
    if (HOP_BY_HOP.has(lower) || (lower === 'x-serin-version' && version !== null)) continue;
    if (lower === 'content-length') {
      // RFC 9110 section 8.6: no Content-Length in a 204.
      if (status === 204) continue;
      isSized = true;
    }
    headers.push(name, value);
  }
  const hasBody = head.method !== 'HEAD' && status !== 204 && status !== 304;
  const body = !hasBody ? 'none' : isSized || head.httpVersion === '1.0' ? 'sized' : 'chunked';
  const dropped = nominated(connection === '' ? undefined : connection.slice(0, -1).toLowerCase(), null);
  if (dropped) headers = without(headers, (name) => dropped.has(name));
  if (body !== 'chunked') headers = without(headers, (name) => name === 'trailer');
  if (version !== null) headers.push('X-Serin-Version', version);
  if (head.setCookie !== null) headers.push('Set-Cookie', head.setCookie);
  return { headers, body };
}

/** RFC 9110 section 6.5.1: framing and routing fields mean nothing in trailers, and may do harm. */
const NOT_IN_TRAILERS = new Set([
  ...HOP_BY_HOP,
  'authorization',
  'cache-control',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'cookie',
  'expect',
  'host',
  'set-cookie',
  'trailer',
  'x-request-id',
  'via',
  'x-serin-version',
  FORCE_TOKEN_HEADER,
]);

/**
 * The trailers that may pass, in either direction, as alternating names and values. Excludes fields by which the route chooses:
 * the choice was made without it, and some servers put trailers among the headers.
 */
export function forwardedTrailers(rawTrailers: readonly string[], deciding: NameSet | null): string[] {
  const passing: string[] = [];
  for (let at = 0; at + 1 < rawTrailers.length; at += 2) {
    const name = rawTrailers[at] ?? '';
    const lower = name.toLowerCase();
    if (deciding?.has(lower) || deciding?.isDisguised(lower)) continue;
    if (!NOT_IN_TRAILERS.has(lower) && hearsayOf(lower) === null && !isDisguised(lower))
      passing.push(name, rawTrailers[at + 1] ?? '');
  }
  return passing;
}

/** A flat list of names and values as the lines of a head. */
export function headerLines(flat: readonly string[]): string {
  let lines = '';
  for (let at = 0; at + 1 < flat.length; at += 2) lines += `${flat[at]}: ${flat[at + 1]}\r\n`;
  return lines;
}

/** Returns the same array when there is nothing to remove, as is nearly always the case. */
function without(headers: string[], isUnwanted: (lowerName: string) => boolean): string[] {
  const isName = (_: string, at: number) => at % 2 === 0;
  if (!headers.some((name, at) => isName(name, at) && isUnwanted(name.toLowerCase()))) return headers;
  return headers.flatMap((name, at) =>
    isName(name, at) && !isUnwanted(name.toLowerCase()) ? [name, headers[at + 1] ?? ''] : [],
  );
}
