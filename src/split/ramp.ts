import type { SplitOrder } from './order.ts';

/** The weight moves this often at most, and so many times where the ramp is shorter. */
const LONGEST_MOVE_MS = 15_000;
const SHORTEST_MOVE_MS = 1_000;
const MOVES = 8;

/** A weight that is in force, and how long until the next one; null when it is the one that was ordered. */
export interface RampedWeight {
  readonly canaryBps: number;
  readonly nextInMs: number | null;
}

/**
 * The canary's share at a time since its increase: linear from the share before to the ordered one, in moves of 15 s, or of an
 * eighth of a ramp below two minutes. The first move is at once. A pure function of time, so that a restarted data plane goes on.
 *
 * @param elapsedMs since the increase; below 0 counts as 0
 * @example rampedWeight({ canaryBps: 1_000, ramp: { fromBps: 200, since: 0, ms: 120_000 } }, 20_000) // 400 bps, next in 10 s
 */
export function rampedWeight(
  { canaryBps, ramp }: Pick<SplitOrder, 'canaryBps' | 'ramp'>,
  elapsedMs: number,
): RampedWeight {
  if (ramp === undefined || ramp.ms <= 0) return { canaryBps, nextInMs: null };
  const moveMs = Math.max(SHORTEST_MOVE_MS, Math.min(LONGEST_MOVE_MS, ramp.ms / MOVES));
  const moves = Math.ceil(ramp.ms / moveMs);
  const elapsed = Math.max(0, elapsedMs);
  const move = Math.floor(elapsed / moveMs) + 1;
  if (move >= moves) return { canaryBps, nextInMs: null };
  const share = ramp.fromBps + Math.ceil(((canaryBps - ramp.fromBps) * move) / moves);
  return { canaryBps: share, nextInMs: move * moveMs - elapsed };
}
