import { SLASH } from './grammar.ts';

/** A parsed request target, still in its raw bytes. */
export interface Target {
  /** Up to the query. */
  readonly path: string;
  /** The query with its `?`, or empty. */
  readonly query: string;
  /** Whether the path has `%2F` or `%5C`, which only some routes accept. */
  readonly hasEncodedSlash: boolean;
}

const PERCENT = 0x25;
const DOT = 0x2e;
const QUESTION = 0x3f;
const HASH = 0x23;
const BACKSLASH = 0x5c;

const COULD_MEAN_ANOTHER = 'which could mean another path to a server behind the gateway.';
const NOT_A_PATH = 'The request target is not a path.';
const FRAGMENT = 'The request target has a #: a fragment is not sent to servers (RFC 9112 section 3.2).';
const BACKSLASHED = `The path has a backslash, ${COULD_MEAN_ANOTHER}`;
const DOT_DOT = `The path has a .. segment, ${COULD_MEAN_ANOTHER}`;

/**
 * Parses a target, or says in one public sentence why it is refused: a `..` segment in any spelling, a raw backslash, a
 * fragment, or a byte that no URI has (RFC 3986 section 3.3). `..;x` counts as `..`, because servlet containers cut off path
 * parameters before they resolve it, and encoded slashes bound a segment too, because some servers decode them first.
 */
export function readTarget(raw: string): Target | string {
  if (raw.charCodeAt(0) !== SLASH) return NOT_A_PATH;
  let end = raw.length;
  let hasEncodedSlash = false;
  for (let at = 0; at < raw.length; at++) {
    const code = raw.charCodeAt(at);
    if (code <= 0x20 || code >= 0x7f) return strangeByte(code);
    if (code === HASH) return FRAGMENT;
    if (end !== raw.length) continue;
    if (code === QUESTION) end = at;
    else if (code === BACKSLASH) return BACKSLASHED;
    else if (code === SLASH && isDotDot(raw, at + 1)) return DOT_DOT;
    else if (code === PERCENT && isSeparator(raw, at)) {
      hasEncodedSlash = true;
      if (isDotDot(raw, at + 3)) return DOT_DOT;
    }
  }
  return { path: raw.slice(0, end), query: raw.slice(end), hasEncodedSlash };
}

/** A byte that no target has (RFC 9112 section 3.2), neither its path nor its query. */
export function strangeByte(code: number): string {
  const byte = code.toString(16).toUpperCase().padStart(2, '0');
  return `The request target has the byte 0x${byte}, which has to be percent-encoded: %${byte}.`;
}

/** `%2f` or `%5c`. */
function isSeparator(raw: string, at: number): boolean {
  const high = raw.charCodeAt(at + 1);
  const low = raw.charCodeAt(at + 2) | 0x20;
  return (high === 0x32 && low === 0x66) || (high === 0x35 && low === 0x63);
}

function isDotDot(raw: string, at: number): boolean {
  const second = afterDot(raw, at);
  if (second === -1) return false;
  const next = afterDot(raw, second);
  if (next === -1) return false;
  if (next === raw.length || '/;?\\'.includes(raw.charAt(next))) return true;
  return raw.charCodeAt(next) === PERCENT && isSeparator(raw, next);
}

/** The position after a dot or `%2e` at `at`, or -1. */
function afterDot(raw: string, at: number): number {
  if (raw.charCodeAt(at) === DOT) return at + 1;
  const encoded = raw.charCodeAt(at) === PERCENT && raw.charCodeAt(at + 1) === 0x32;
  return encoded && (raw.charCodeAt(at + 2) | 0x20) === 0x65 ? at + 3 : -1;
}
