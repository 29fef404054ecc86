import { z } from 'zod';
import { UNSTORABLE } from './storable.ts';

// Names end up in audit entries, pages, metrics and on terminals. The patterns have no flags, because JSON Schema has none.

/** The name of a consumer or a token. */
export const personalName = z
  .string()
  .regex(
    /^[A-Za-z0-9]([A-Za-z0-9 ._@:+&'-]{0,98}[A-Za-z0-9])?$/,
    "must be at most 100 of A-Z a-z 0-9 . _ @ : + & ' - and space, and begin and end with a letter or digit",
  );

/** The name of a route in `serin.yaml`. */
export const routeName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be a lower-case name such as payments');

/** The name of a version of a service: `v2`, `release/2026-11`, `sha256:4f1c...`. */
export const versionName = z
  .string()
  .regex(/^[A-Za-z0-9][!-~]{0,99}$/, 'must be at most 100 ASCII characters without spaces, a letter or digit first');

/** Control characters other than tab and line breaks, and characters that change text direction. */
const UNWANTED =
  '\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069';
const PLAIN_TEXT = new RegExp(`^[^${UNWANTED}]*[^${UNWANTED}\\s][^${UNWANTED}]*$`);

/** Free text entered by a person; must not be blank. */
export const plainText = (longest: number) =>
  z
    .string()
    .max(longest, `must be at most ${longest} characters`)
    .regex(PLAIN_TEXT, {
      error: ({ input }) =>
        String(input).trim() === ''
          ? 'must say why'
          : 'must not contain control characters, nor characters that change the direction of the text',
    })
    .refine((text) => text.isWellFormed(), UNSTORABLE);

/** p1 to p99.99, each with one spelling; p50, p95 and p99 have places of their own. No flag: JSON Schema has none. */
export const NAMED_QUANTILE = /^p(?!(?:50|95|99)$)[1-9]\d?(?:\.\d?[1-9])?$/;

/** `p90` -> 0.9, `p99.9` -> 0.999. */
export function levelOf(quantile: string): number {
  return Number(`${quantile.slice(1)}e-2`);
}
