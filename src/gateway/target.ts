import { SLASH } from './grammar.ts';

/** A request target taken apart, still in its raw bytes. */
export interface Target {
  /** Up to the query. */
  readonly path: string;
  /** The query with its `?`, or nothing. */
  readonly query: string;
}

const PERCENT = 0x25;
const DOT = 0x2e;
const QUESTION = 0x3f;

/**
 * Null when the path could mean another path to somebody behind us: a `..` segment in any spelling, an encoded slash
 * or backslash, a raw backslash, a fragment, or a byte that no URI has (RFC 3986 section 3.3). `..;x` counts as `..`,
 * because servlet containers cut path parameters off before they resolve it.
 */
export function readTarget(raw: string): Target | null {
  if (raw.charCodeAt(0) !== SLASH) return null;
  let end = raw.length;
  for (let at = 0; at < raw.length; at++) {
    const code = raw.charCodeAt(at);
    if (code <= 0x20 || code >= 0x7f || code === 0x23) return null;
    if (end !== raw.length) continue;
    if (code === QUESTION) end = at;
    else if (code === 0x5c) return null;
    else if (code === PERCENT && isSeparator(raw, at)) return null;
    else if (code === SLASH && isDotDot(raw, at + 1)) return null;
  }
  return { path: raw.slice(0, end), query: raw.slice(end) };
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
  return next === raw.length || '/;?'.includes(raw.charAt(next));
}

/** The place after a dot or `%2e` at `at`, or -1. */
function afterDot(raw: string, at: number): number {
  if (raw.charCodeAt(at) === DOT) return at + 1;
  const encoded = raw.charCodeAt(at) === PERCENT && raw.charCodeAt(at + 1) === 0x32;
  return encoded && (raw.charCodeAt(at + 2) | 0x20) === 0x65 ? at + 3 : -1;
}
