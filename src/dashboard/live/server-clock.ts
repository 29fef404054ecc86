import { Observable } from './observable.ts';

/** Clocks that differ by less are the same; the header counts whole seconds, and takes a moment to come. */
const LEAST_SKEW_MS = 2_000;

/** By how much the server's clock is ahead of the reader's, in ms, by the last answer; 0 where they are the same, or it is not known. */
export const serverSkew = new Observable(0);

/** @param date the header `Date` of an answer that came now */
export function noteServerTime(date: string | null): void {
  const skewMs = skewBy(date, Date.now());
  if (skewMs === null) return;
  // A second more or less is no other clock: nothing is drawn again for it.
  if (skewMs === 0 || Math.abs(skewMs - serverSkew.value) >= LEAST_SKEW_MS) serverSkew.set(skewMs);
}

/** Null for a header that is not there, or no date. */
export function skewBy(date: string | null, nowMs: number): number | null {
  const serverMs = Date.parse(date ?? '');
  if (Number.isNaN(serverMs)) return null;
  // The header has cut off half a second on average.
  const skewMs = serverMs + 500 - nowMs;
  return Math.abs(skewMs) < LEAST_SKEW_MS ? 0 : skewMs;
}
