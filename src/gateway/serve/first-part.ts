/** How much of a body must arrive before its request goes to an upstream; all of it if shorter. */
const FIRST_PART = 8_192;

/**
 * How much of a body to await before an upstream is asked, so that a slow client does not occupy one: all of a short body,
 * the beginning of a long one. A body of unknown length may be a stream whose pieces are each waited for: its first piece.
 */
export function firstPartOf(length: number | null): number {
  return length === null ? 1 : Math.min(length, FIRST_PART);
}
