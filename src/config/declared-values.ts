import { z } from 'zod';
import { isForbiddenAddress } from '../gateway/upstream/upstream-address.ts';

/** An address that Serin asks or sends to; serin.yaml may name any but these. */
export const serviceUrl = z
  .string()
  .refine((text) => isPlainUrl(text), 'must be an http or https URL without user info, query or fragment')
  .refine(
    (text) => !isForbiddenAddress(URL.parse(text)?.hostname ?? ''),
    'must not be a link-local or metadata address',
  )
  // URLs may be written with blanks before them, and their scheme in capitals.
  .meta({ pattern: '^\\s*[Hh][Tt][Tt][Pp][Ss]?:' });

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
