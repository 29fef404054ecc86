import { recall } from '../../judge/recall.ts';
import type { RolloutRecord } from '../record.ts';

/** A source may be asked once a minute. */
const STALE_MS = 120_000;
/** Before, the pace under the present split is not known well enough. */
const ENOUGH_MS = 15_000;

/**
 * Requests a second that the weight divides, of both versions; null where that was not measured lately.
 *
 * @param at database time, epoch ms
 */
export function drawnPerSecond({ rollout, evidence }: RolloutRecord, at: number): number | null {
  const { pace, traffic, fedAt } = recall(rollout.policy, evidence.judge);
  if (fedAt === null || at - fedAt > STALE_MS) return null;
  if (pace.ms >= ENOUGH_MS) return ((pace.canary + pace.stable) * 1_000) / pace.ms;
  return traffic.ms > 0 ? (traffic.requests * 1_000) / traffic.ms : null;
}
