import type { CollectRequest } from '../source.ts';
import type { Span } from './steps.ts';

/** The time (epoch ms) up to which samples are in the evidence, and how far the gateway's own blocks were taken. */
export interface Cursor {
  readonly at: number | null;
  readonly gateway: string | null;
}

export function readCursor(text: string | null): Cursor {
  const match = /^(\d{1,15})(?: (.+))?$/.exec(text ?? '');
  if (!match) return { at: null, gateway: null };
  return { at: Number(match[1]), gateway: match[2] ?? null };
}

export function writeCursor(at: number, gateway: string | null): string {
  return gateway === null ? String(at) : `${at} ${gateway}`;
}

/** Evidence spanning more than this is never merged into one block. */
export const LONGEST_BLOCK_MS = 900_000;
const LONGEST_SETTLING_MS = 2_000;

/** A scrape is stored with the time at which it began, but only once it has ended: younger data is left for later. */
export function settledAt(now: number, intervalMs: number): number {
  return Math.floor(now - Math.min(intervalMs / 4, LONGEST_SETTLING_MS));
}

/**
 * What the next block covers; null if there is nothing to cover yet. Requests answered soon after a change of the split
 * were sent before it, so nothing is counted until one scrape after the change: a rule that does not depend on outcomes.
 *
 * @param to the evaluation time, the same for both versions
 * @returns `skippedMs`: the time that lies too far back to be merged
 */
export function spanOf(
  cursor: Cursor,
  split: CollectRequest['split'],
  to: number,
  intervalMs: number,
): (Span & { readonly skippedMs: number }) | null {
  if (split.since === null) return null;
  const earliest = Math.max(cursor.at ?? 0, split.since + intervalMs);
  const from = Math.max(earliest, to - LONGEST_BLOCK_MS);
  if (from >= to) return null;
  const skippedMs = cursor.at === null ? 0 : from - earliest;
  // Two scrapes back, so that a missing one merges into the next block; never into the previous split.
  return { from, to, baselineFrom: Math.max(from - 2 * intervalMs, split.since + intervalMs), skippedMs };
}
