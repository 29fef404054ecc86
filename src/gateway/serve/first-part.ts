/** Of a body: what has to be there before its request goes to an upstream; all of it where it is shorter. */
const FIRST_PART = 8_192;

/**
 * How much of a body is awaited before an upstream is asked, so that a slow client occupies none: a short one whole, the
 * beginning of a long one. One of unknown length may be a stream whose pieces are each waited for: its first piece.
 */
export function firstPartOf(length: number | null): number {
  return length === null ? 1 : Math.min(length, FIRST_PART);
}
