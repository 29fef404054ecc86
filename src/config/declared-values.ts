import { z } from 'zod';
import { isForbiddenAddress } from '../gateway/upstream/upstream-address.ts';

/** What the URL parser strips at both ends. */
const BLANKS = '[\\x00-\\x20]*';

/**
 * `isPlainUrl` as a pattern. The URL parser accepts any number of slashes of either kind, allows empty user info, query and
 * fragment, and removes tabs and line ends anywhere: text that contains one is left to the parser.
 */
const PLAIN_URL = [
  `^${BLANKS}[Hh][Tt][Tt][Pp][Ss]?:`,
  '[/\\\\]*(:?@)?[^/\\\\?#@\\x00-\\x20]+',
  '([/\\\\][^?#]*)?',
  `\\??#?${BLANKS}$`,
  '|[\\t\\n\\r]',
].join('');

/** The URL of a service that Serin calls; any address except link-local and metadata ones. */
export const serviceUrl = z
  .string()
  .refine((text) => isPlainUrl(text), 'must be an http or https URL without user info, query or fragment')
  .refine(
    (text) => !isForbiddenAddress(URL.parse(text)?.hostname ?? ''),
    'must not be a link-local or metadata address',
  )
  .meta({ pattern: PLAIN_URL });

/** A reference to a secret, see `resolveSecret`. */
export const secret = z
  .string()
  .regex(
    /^(\$\{[A-Z_][A-Z0-9_]*\}|file:.+)$/,
    'a secret is named by its environment variable in dollar and braces, or by file:PATH; it never stands here itself',
  );

function isPlainUrl(text: string): boolean {
  const url = URL.parse(text);
  if (!url || !['http:', 'https:'].includes(url.protocol)) return false;
  return !url.username && !url.password && !url.search && !url.hash;
}
