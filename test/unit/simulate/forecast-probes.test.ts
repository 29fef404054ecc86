import { median } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import { thresholdsOf } from '../../../src/judge/thresholds.ts';
import { forecastEvidence } from '../../../src/simulate/forecast-evidence.ts';
import { forecastHarm } from '../../../src/simulate/forecast-harm.ts';
import { logNormalThrough } from '../../../src/simulate/traffic.ts';
import { logProbeEvidence, probeLogE } from '../../../src/stats/series/probe-bets.ts';
import { judgePolicy } from '../../support/judge-policy.ts';
import { normal, seededRandom } from '../../support/random.ts';

const REPORTED = { dryRun: true } as const;
const policy = judgePolicy({
  checks: {
    errors: REPORTED,
    clientErrors: REPORTED,
    latency: { p50: REPORTED, p95: REPORTED, p99: REPORTED, dominance: REPORTED },
    probes: { every: '1m', rollback: '4.1%', parity: '10%' },
  },
  judge: { block: '1m', warmUp: '0s', minStep: '1s' },
});
const step = {
  share: 0.1,
  thresholds: thresholdsOf(policy, { kind: 'weight', index: 0, position: 'last', splitEpoch: 1, appliedAt: 0 }),
  warmUpMs: 0,
};
const trafficOf = (pairNoise: number) => ({
  requestsPerSecond: 0.001,
  errorRate: 0.001,
  clientErrorRate: 0.01,
  latency: logNormalThrough(40, 300),
  pairNoise,
});

const forecastProbes = (of: typeof policy, traffic: ReturnType<typeof trafficOf>, compared: typeof step) =>
  forecastEvidence(of, traffic, compared).find(({ check }) => check === 'probes');

/** Median of the pairs until parity is shown, of streams whose pairs differ by `noise`. */
function simulatedPairs(noise: number): number {
  const random = seededRandom(7_391);
  const one = () => {
    let [won, lost] = [0, 0];
    while (logProbeEvidence(probeLogE({ won, lost })) < step.thresholds.parity && won + lost < 2_000) {
      if (noise * normal(random) <= Math.log(1.1)) won += 1;
      else lost += 1;
    }
    return won + lost;
  };
  return median(Array.from({ length: 400 }, one));
}

describe('probes in a plan', () => {
  it.each([0.02, 0.1, 0.15, 0.3])('take about as many pairs as they do, with a noise of %d', (noise) => {
    const planned = forecastProbes(policy, trafficOf(noise), step);
    const pairs = planned?.kind === 'shown' ? planned.canaryRequests : 0;
    expect(planned).toMatchObject({ check: 'probes', kind: 'shown', ms: pairs * 60_000 });
    expect(pairs / simulatedPairs(noise)).toBeGreaterThan(0.7);
    expect(pairs / simulatedPairs(noise)).toBeLessThan(1.45);
  });

  it('take longer by the warm-up, and as long at any traffic', () => {
    const plain = forecastProbes(policy, trafficOf(0.15), step);
    const warming = forecastProbes(policy, trafficOf(0.15), { ...step, warmUpMs: 240_000 });
    expect(plain).toMatchObject({ kind: 'shown' });
    if (plain?.kind === 'shown') expect(warming).toMatchObject({ kind: 'shown', ms: plain.ms + 240_000 });
    expect(forecastProbes(policy, { ...trafficOf(0.15), requestsPerSecond: 900 }, step)).toEqual(plain);
  });

  it('never show parity within a margin that half of the pairs exceed', () => {
    const narrow = judgePolicy({ checks: { probes: { every: '1m', rollback: '0%', parity: '0.001%' } } });
    expect(forecastProbes(narrow, trafficOf(2), step)).toEqual({ check: 'probes', kind: 'never', because: 'margin' });
  });

  it('find a slower canary by themselves', () => {
    const found = forecastHarm(policy, trafficOf(0.15), step, { of: 'latency', factor: 1.5 });
    // Measured in J49: 18 pairs.
    expect(found).toMatchObject({ kind: 'caught', check: 'probes' });
    if (found.kind === 'caught') expect(Math.abs(found.ms / 60_000 - 18)).toBeLessThanOrEqual(3);
    expect(forecastHarm(policy, trafficOf(0.15), step, { of: 'latency', factor: 1.03 })).toEqual({
      kind: 'inside-margin',
    });
    expect(forecastHarm(policy, trafficOf(0.15), step, { of: 'errors', factor: 5 })).toEqual({ kind: 'reported' });
  });
});
