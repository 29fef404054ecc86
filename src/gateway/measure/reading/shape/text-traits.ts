import { isDataKey } from './data-key.ts';

/** Longer texts have no format: patterns take their time in proportion to them. */
const LONGEST_FORMATTED = 500;
/** RFC 3339 sections 5.6: the date-time with its offset, and the full-date. */
const DATE_TIME = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;
const DATE = /^\d{4}-\d\d-\d\d$/;
/** RFC 9562 section 4. */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@.]+$/;
/** RFC 3986 section 3, with an authority. */
const URI = /^[a-z][a-z0-9+.-]*:\/\/[^\s]+$/i;
const UUID_LENGTH = 36;
const DATE_LENGTH = 10;

const LONGEST_WORD = 32;
const WORD = /^[A-Za-z][A-Za-z0-9_.-]*$/;

/** `format:date-time` and the like; null for a text of no format that is known. */
export function formatTrait(text: string): string | null {
  const { length } = text;
  if (length < DATE_LENGTH - 4 || length > LONGEST_FORMATTED) return null;
  if (length === UUID_LENGTH && UUID.test(text)) return 'format:uuid';
  if (text.charCodeAt(4) === 0x2d && length >= DATE_LENGTH) {
    if (length === DATE_LENGTH) return DATE.test(text) ? 'format:date' : null;
    if (DATE_TIME.test(text)) return 'format:date-time';
  }
  if (text.includes('://')) return URI.test(text) ? 'format:uri' : null;
  return text.includes('@') && EMAIL.test(text) ? 'format:email' : null;
}

/** Whether a text may be one of few that a field can have, as `PAID` is. */
export function isShortWord(text: string): boolean {
  return text.length > 0 && text.length <= LONGEST_WORD && WORD.test(text) && !isDataKey(text);
}
