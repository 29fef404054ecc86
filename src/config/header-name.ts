import { z } from 'zod';
import { NAMES_UNFIT_TO_CHOOSE, unfitToChoose } from '../gateway/http/headers.ts';

/** RFC 9110 section 5.6.2. */
export const SHORT_TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;

/** A header that chooses a version: the client sends it, and it is forwarded to the upstream. */
export const headerName = z
  .string()
  .regex(SHORT_TOKEN, 'must be a header name')
  .superRefine((name, context) => {
    const reason = unfitToChoose(name.toLowerCase());
    if (reason !== null) context.addIssue({ code: 'custom', message: reason });
  })
  .meta({
    not: { pattern: `^(${NAMES_UNFIT_TO_CHOOSE.map(inAnySpelling).join('|')})$|^${inAnySpelling('x-forwarded-')}` },
  });

/** A pattern for a name in any letter case and, as CGI reads it, with `_` for `-`: JSON Schema patterns have no flags. */
function inAnySpelling(lower: string): string {
  return lower.replace(/[a-z]/g, (letter) => `[${letter.toUpperCase()}${letter}]`).replaceAll('-', '[-_]');
}
