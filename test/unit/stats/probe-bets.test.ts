import { describe, expect, it } from 'vitest';
import {
  LARGEST_PROBE_BET,
  logProbeEvidence,
  openProbes,
  probeLogE,
  restartProbeParity,
  stepProbes,
} from '../../../src/stats/series/probe-bets.ts';

const BET = {
  cap: Number.POSITIVE_INFINITY,
  phi: 1,
  spent: 0.5,
  parity: 'counted',
  parityCeiling: 20,
  past: 'learnt',
} as const;
const of = (won: number, lost: number) => logProbeEvidence(probeLogE({ won, lost }));

describe('the sign test of probes', () => {
  it('has the values of the design', () => {
    expect(of(6, 0)).toBeCloseTo(3.268143, 6);
    expect(of(20, 2)).toBeCloseTo(7.562215, 6);
    expect(Math.exp(of(14, 0))).toBeGreaterThan(3_333);
    expect(Math.exp(of(13, 0))).toBeLessThan(3_333);
  });

  it('gains at most ln 2 from a pair', () => {
    expect(LARGEST_PROBE_BET).toBeLessThan(Math.LN2);
    for (const log of probeLogE({ won: 1, lost: 0 })) expect(log).toBeLessThanOrEqual(LARGEST_PROBE_BET);
  });

  it('has a mean of exactly 1 over all outcomes of fair pairs, and less where a pair may be left out', () => {
    const pairs = 10;
    let mean = 0;
    let withTies = 0;
    for (let outcome = 0; outcome < 2 ** pairs; outcome += 1) {
      const won = outcome.toString(2).replaceAll('0', '').length;
      mean += Math.exp(of(won, pairs - won)) / 2 ** pairs;
      withTies += Math.exp(of(won, pairs - won)) * 0.45 ** won * 0.55 ** (pairs - won);
    }
    expect(mean).toBeCloseTo(1, 12);
    expect(withTies).toBeLessThan(1);
  });

  it('caps a block, bets on harm from its onset, and restarts parity alone', () => {
    const all = { won: 30, lost: 0 };
    const once = stepProbes(openProbes(), { won: 0, lost: 0 }, all, { ...BET, cap: 4 });
    expect(Math.max(...once.parity)).toBe(4);
    expect(stepProbes(once, all, all, { ...BET, parity: 'left-out' }).parity).toEqual(once.parity);
    const bad = stepProbes(openProbes(), all, { won: 0, lost: 30 }, BET);
    expect(restartProbeParity(bad)).toEqual({ ...bad, parity: openProbes().parity });
  });
});
