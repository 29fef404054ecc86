import { capitalHex, trimmedPrefix } from '../gateway/route/route-table.ts';
import type { TextReading } from './read-text.ts';

/** A pattern that every route path matches, along with some invalid texts. */
export const PREFIX = /^(?!.*(\/\/|%2[Ff]|%5[Cc]|\/\.\.?([;/]|$)))\/[^?#\\*{}\s]*$/;

/** The reference says this of `limits.urlBytes`, which is 8,192 by default. */
const LONGEST = 1_000;

const no = (reason: string): TextReading<string> => ({ ok: false, reason });

/**
 * Parses the path of a route: a plain prefix in the bytes that requests use, without a trailing slash (except `/`
 * itself), percent-encoded octets in capitals. Refuses what no request could match, and what other gateways treat as a
 * pattern.
 */
export function readRoutePath(text: string): TextReading<string> {
  if (!text.startsWith('/')) return no('must be a path that begins with /');
  if (text.length > LONGEST) return no(`is longer than ${LONGEST} characters`);
  const reason = strangeCharacter(text) ?? pattern(text) ?? misleadingOctet(text) ?? misleadingSegment(text);
  return reason === null ? { ok: true, value: trimmedPrefix(capitalHex(text)) || '/' } : no(reason);
}

function strangeCharacter(text: string): string | null {
  if (text.includes('?')) return 'has a query; a route takes only the path, with any query';
  if (text.includes('#')) return 'has a fragment, which no request has';
  if (text.includes('\\')) return 'has a backslash; the gateway refuses requests that have one in their path';
  if (/[^\0-\x7f]/.test(text)) {
    return `has characters beyond ASCII; requests have them percent-encoded: ${encoded(text)}`;
  }
  if (/[\0-\x20\x7f]/.test(text)) return `has white space; requests have it percent-encoded: ${encoded(text)}`;
  return null;
}

function encoded(text: string): string {
  return text.toWellFormed().replace(/[^\x21-\x7e]+/g, encodeURIComponent);
}

function pattern(text: string): string | null {
  const plain = (mark: number) => trimmedPrefix(text.slice(0, text.lastIndexOf('/', mark) + 1)) || '/';
  if (text.includes('*')) {
    return `has a *, which means nothing here: a path is a prefix, and ${plain(text.indexOf('*'))} takes everything below it`;
  }
  const placeholder = text.search(/[{}]|\/:[A-Za-z_]/);
  if (placeholder === -1) return null;
  return `has a placeholder, which means nothing here: a path is a prefix, and ${plain(placeholder)} takes everything below it`;
}

function misleadingOctet(text: string): string | null {
  const broken = /%(?![\dA-Fa-f]{2})/.exec(text);
  if (broken) return 'has a % that begins no percent-encoded octet; the character itself is %25';
  for (const [octet] of text.matchAll(/%[\dA-Fa-f]{2}/g)) {
    const code = Number.parseInt(octet.slice(1), 16);
    const character = String.fromCharCode(code);
    if ('/\\'.includes(character)) {
      return `has ${octet}, an encoded ${character}, which a server may take for the end of a segment; end the prefix before it`;
    }
    if (code <= 0x20 && code !== 0x20) return `has the control character ${octet}`;
    // RFC 3986 section 6.2.2.2: the two spellings are equivalent, and clients use the plain one.
    if (/[A-Za-z\d._~-]/.test(character))
      return `has ${octet}; requests have ${character} for it, and are compared byte by byte`;
  }
  return null;
}

function misleadingSegment(text: string): string | null {
  if (text.includes('//')) return 'has two slashes in a row, which clients and servers take for one';
  const dots = text.split('/').find((segment) => /^\.\.?(;|$)/.test(segment));
  return dots === undefined ? null : `has the segment ${dots}, which clients take out of a path before they send it`;
}
