import type { Thresholds } from '../judge/thresholds.ts';
import { isDryRun } from '../parity/each-check.ts';
import { probeMargins } from '../parity/probes.ts';
import type { Policy } from '../policy/schema.ts';
import type { LatencyMargin } from '../policy/units.ts';
import { medianPassage } from '../stats/evidence/first-passage.ts';
import { normalTail } from '../stats/evidence/normal.ts';
import { probeWalks } from '../stats/series/probe-bets.ts';
import { type ExpectedTraffic, USUAL_PAIR_NOISE } from './traffic.ts';

export function arePlannedProbes(policy: Policy): boolean {
  return policy.spec.checks.probes !== undefined && !isDryRun(policy, 'probes');
}

/** How many pairs show parity for a canary that equals the stable: the median, by the bet that is first. Null for never. */
export function pairsUntilParity(
  policy: Policy,
  traffic: ExpectedTraffic,
  thresholds: Pick<Thresholds, 'parity'>,
): number | null {
  const { parity } = probeMargins(policy);
  const within = 1 - chanceBeyond(traffic, parity, 1);
  const pairs = probeWalks(within).flatMap(({ weight, walk }) => {
    // A bet that only luck would win is none to plan by.
    const passage = walk.mean > 0 ? medianPassage(walk, thresholds.parity - Math.log(weight)) : null;
    return passage === null ? [] : [Math.ceil(passage)];
  });
  return pairs.length === 0 ? null : Math.min(...pairs);
}

/** What one pair adds to each bet on harm, of a canary whose latencies are all `factor` times as long. */
export function probeHarmWalks(
  policy: Policy,
  traffic: ExpectedTraffic,
  factor: number,
): ReturnType<typeof probeWalks> {
  if (!arePlannedProbes(policy)) return [];
  const slower = chanceBeyond(traffic, probeMargins(policy).rollback, factor);
  return probeWalks(slower);
}

/** From one pair to the next, in ms. */
export function everyMs({ spec: { checks } }: Policy): number {
  return checks.probes?.every ?? Number.POSITIVE_INFINITY;
}

/** The largest factor that a margin allows a typical answer. */
export function probeLimit({ latency }: ExpectedTraffic, { relative, absoluteMs }: LatencyMargin): number {
  return 1 + Math.max(relative, absoluteMs / latency.medianMs);
}

/** The chance that a pair of a canary `factor` times as slow is beyond a margin: the ratio of its times is log-normal. */
function chanceBeyond(traffic: ExpectedTraffic, margin: LatencyMargin, factor: number): number {
  const { pairNoise = USUAL_PAIR_NOISE } = traffic;
  return normalTail(Math.log(probeLimit(traffic, margin) / factor) / pairNoise);
}
