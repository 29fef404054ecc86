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

/** p1 to p99.99, each with one spelling; p50, p95 and p99 have places of their own. No flag: JSON Schema has none. */
export const NAMED_QUANTILE = /^p(?!(?:50|95|99)$)[1-9]\d?(?:\.\d?[1-9])?$/;

/** `p90` -> 0.9, `p99.9` -> 0.999. */
export function levelOf(quantile: string): number {
  return Number(`${quantile.slice(1)}e-2`);
}

// The rule for every text that people send: it shows something, and does nothing to what is around it. The patterns have no flags,
// because JSON Schema has none; what they cannot say of characters beyond U+FFFF is asked besides.

/** Characters that change the direction of what follows, and marks of annotations. */
const STEERS = '\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u206f\\ufff9-\\ufffb';
/** Control characters and ends of lines; a tab, a line feed and a carriage return are asked for apart. */
const CONTROLS = '\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\u2028\\u2029';
const BREAKS = '\\t\\n\\r';
/** What shows nothing: the ignorable ones of Unicode, fillers of Hangul, the blank of Braille. */
const UNSEEN =
  '\\s\\u00ad\\u034f\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200d\\u2060-\\u2065\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufff8';

const SEEN = /[^\s\p{Cc}\p{Default_Ignorable_Code_Point}\u2800\ufff9-\ufffb]/u;

/** Whether a reader sees anything of it. */
function isSeen(text: string): boolean {
  return SEEN.test(text);
}

function readable(most: number, unwanted: string, nothing: string) {
  return (
    z
      .string()
      // Nothing that is longer is looked at: the time that the pattern takes grows with the square.
      .max(most, { error: `must be at most ${most} characters`, abort: true })
      .regex(new RegExp(`^[^${unwanted}]*[^${unwanted}${UNSEEN}][^${unwanted}]*$`), {
        abort: true,
        error: ({ input }) =>
          isSeen(String(input))
            ? 'must not contain control characters, ends of lines, nor characters that change the direction of the text'
            : nothing,
      })
      .refine((text) => text.isWellFormed(), { error: UNSTORABLE, abort: true })
      .refine(isSeen, nothing)
  );
}

/** A text on one line, such as a name. */
export const readableLine = (most: number) =>
  readable(most, `${CONTROLS}${BREAKS}${STEERS}`, 'must have something that can be seen');

/** Why a person does something, on one or several lines. */
export const readableReason = (most: number) =>
  readable(most, `${CONTROLS}${STEERS}`, 'must say why, in something that can be seen');
