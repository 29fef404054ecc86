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

/** Without TLS whoever is on the way could name keys of their own, so `http` is for this machine alone. */
const HTTPS = String.raw`https:\/\/[^\s\\/?#@]+(\/[^\s\\#]*)?`;
const HTTP_HERE = String.raw`http:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?(\/[^\s\\#]*)?`;
const PATH = String.raw`(?![A-Za-z][A-Za-z0-9+.-]*:)[^\x00-\x1f]{1,1000}`;

/** Where a key set is: a URL, or the path of a file. */
export const keySetPlace = z
  .string()
  .regex(
    new RegExp(`^(${HTTPS}|${HTTP_HERE}|${PATH})$`),
    'must be an https URL without user info and fragment (http for this machine alone), or the path of a file',
  )
  .refine((text) => {
    const url = URL.parse(text);
    return url === null ? !/^https?:/.test(text) : !isForbiddenAddress(url.hostname);
  }, 'must be a URL that can be, at no link-local or metadata address');

/** The issuer of an OpenID provider: without a query (OpenID Connect Discovery 1.0 section 3). */
export const issuerUrl = z
  .string()
  .regex(
    new RegExp(`^(?!.*[?])(${HTTPS}|${HTTP_HERE})$`),
    'must be an https URL without user info, query and fragment (http for this machine alone)',
  )
  .refine(
    (text) => !isForbiddenAddress(URL.parse(text)?.hostname ?? '169.254.0.1'),
    'must be a URL that can be, at no link-local or metadata address',
  );

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
