import type { RolloutView } from '../../views.ts';

/** When a snapshot was read, by the reader's clock, epoch ms; snapshots know it by the monotonic one. */
export function readAtMs(readAt: number): number {
  return Date.now() - (performance.now() - readAt);
}

/** Clocks that differ by less are the same. */
const LEAST_SKEW_MS = 2_000;

/**
 * By how much the database's clock, which wrote every time of the view, is ahead of the reader's, in ms.
 * Of an ended rollout no look says so: the server's clock stands for it.
 *
 * @param readAtMs when the view was read, by the reader's clock
 * @param serverSkewMs by how much the server's clock is ahead
 */
export function skewOf(
  { lookedAt, look }: Pick<RolloutView, 'lookedAt' | 'look'>,
  readAtMs: number,
  serverSkewMs: number,
): number {
  if (look === null) return serverSkewMs;
  const skewMs = Date.parse(lookedAt) + look.agoMs - readAtMs;
  return Math.abs(skewMs) < LEAST_SKEW_MS ? 0 : skewMs;
}
