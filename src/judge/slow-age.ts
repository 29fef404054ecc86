import { slowestGuardMs } from '../parity/guards.ts';
import { type LatencyState, slowestThresholdMs } from '../parity/latency/latency.ts';
import type { Policy } from '../policy/schema.ts';
import { blockMs } from '../stats/evidence/pace.ts';
import type { Tails } from '../stats/latency/tails.ts';
import type { JudgeState } from './state.ts';

const SHORTEST_SLOW_MS = 250;
const LONGEST_SLOW_MS = 30_000;
/** Thresholds follow the stable's past, and may have grown by this factor when the block closes. */
const ROOM_TO_GROW = 1.25;

/**
 * The age at which an open request counts as slow: the largest latency threshold in use. Before the stable's latency is
 * known there is no threshold, and an open request may turn out slow by any of them.
 */
export function slowAfterMs(policy: Policy, latency: LatencyState, past: Tails): number {
  const quantiles = slowestThresholdMs(policy.spec.checks, latency, past);
  if (quantiles === null) return LONGEST_SLOW_MS;
  const slowest = Math.max(quantiles, slowestGuardMs(policy.spec.guards) ?? 0) * ROOM_TO_GROW;
  return Math.min(LONGEST_SLOW_MS, Math.max(SHORTEST_SLOW_MS, slowest));
}

/**
 * A block closes at the latest this long after it began, or after two of them if a look just missed one. The policy requests
 * a block length and the source decides: a Prometheus source uses at least its scrape interval.
 */
export function staleAfterMs(policy: Policy, { checks, pace }: JudgeState, past: Tails): number {
  const block = Math.max(policy.spec.judge.block, blockMs(pace) ?? 0);
  return 2 * block + slowAfterMs(policy, checks.latency, past);
}
