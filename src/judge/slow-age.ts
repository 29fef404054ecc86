import { slowestGuardMs } from '../parity/guards.ts';
import { slowestThresholdMs } from '../parity/latency/latency.ts';
import { slowestWaitMs } from '../parity/values/slowest-wait.ts';
import type { Policy } from '../policy/schema.ts';
import { blockMs } from '../stats/evidence/pace.ts';
import type { Tails } from '../stats/latency/tails.ts';
import type { JudgeState } from './state.ts';

const SHORTEST_SLOW_MS = 250;
const LONGEST_SLOW_MS = 30_000;
/** Thresholds follow the stable's past, and may have grown by this factor when the block closes. */
const ROOM_TO_GROW = 1.25;

/**
 * The age at which an open request counts as slow: the largest latency threshold in use, to the head or to the end of answers, and
 * of streams the time to their first event and their silences. Before any latency of the stable is known there is no threshold, and an open request may turn out
 * slow by any of them.
 */
export function slowAfterMs({ spec }: Policy, { latency, values }: JudgeState['checks'], past: Tails): number {
  const known = [slowestThresholdMs(spec.checks, latency, past), slowestWaitMs(spec.checks, values.pasts)];
  const thresholds = known.filter((threshold) => threshold !== null);
  if (thresholds.length === 0) return LONGEST_SLOW_MS;
  const slowest = Math.max(...thresholds, slowestGuardMs(spec.guards) ?? 0) * ROOM_TO_GROW;
  return Math.min(LONGEST_SLOW_MS, Math.max(SHORTEST_SLOW_MS, slowest));
}

/**
 * A block closes at the latest this long after it began, or after two of them if a look just missed one. The policy requests
 * a block length and the source decides: a Prometheus source uses at least its scrape interval.
 */
export function staleAfterMs(policy: Policy, { checks, pace }: JudgeState, past: Tails): number {
  const block = Math.max(policy.spec.judge.block, blockMs(pace) ?? 0);
  return 2 * block + slowAfterMs(policy, checks, past);
}
