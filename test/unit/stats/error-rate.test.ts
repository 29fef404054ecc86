import { describe, expect, it } from 'vitest';
import type { Bet } from '../../../src/stats/evidence/bet.ts';
import {
  expectedRate,
  harmLogE,
  logRateHarm,
  logRateParity,
  openRate,
  parityLogE,
  type RateMargins,
  restartRateParity,
  stepRate,
} from '../../../src/stats/rates/error-rate.ts';
import { binomialMasses } from '../../support/reference-formulas.ts';

const MARGINS: RateMargins = {
  rollback: { rho: 1.1, a: 1e-4 },
  parity: [
    { rho: 1.25, a: 0 },
    { rho: 1, a: 1e-3 },
  ],
};
const BET: Bet = { cap: 3.97, phi: 1, past: 'learnt', spent: 0.5, parity: 'counted', parityCeiling: Math.log(20) + 3 };
const HEALTHY = { nc: 1_000, xc: 1, ns: 9_000, xs: 9 };

describe('the error rate', () => {
  it('learns the stable with a half-life of ten minutes and a prior of 200 requests', () => {
    let state = openRate(MARGINS);
    expect(expectedRate(state)).toBeCloseTo(0.001, 12);
    state = stepRate(state, MARGINS, { nc: 0, xc: 0, ns: 9_800, xs: 98 }, 5_000, BET);
    expect(expectedRate(state)).toBeCloseTo(98.2 / 10_000, 12);
    state = stepRate(state, MARGINS, { nc: 0, xc: 0, ns: 0, xs: 0 }, 600_000, BET);
    expect(state.stable).toEqual({ events: 49, requests: 4_900 });
  });

  it('bets on the past only: the block itself does not move its own alternative', () => {
    const state = openRate(MARGINS);
    const block = { nc: 500, xc: 6, ns: 500, xs: 300 };
    const direct = harmLogE(block, 0.001, { rho: 1.1, a: 1e-4 }, BET.cap);
    const logs = stepRate(state, MARGINS, block, 5_000, BET).harm?.logMass ?? [];
    expect(logs).toHaveLength(6);
    for (const [index, log] of logs.entries()) expect(log).toBeCloseTo(Math.log(0.5) + (direct[index] ?? 0), 12);
  });

  it('tests nothing without both versions', () => {
    const state = openRate(MARGINS);
    for (const counts of [
      { nc: 0, xc: 0, ns: 50, xs: 1 },
      { nc: 50, xc: 50, ns: 0, xs: 0 },
    ]) {
      const next = stepRate(state, MARGINS, counts, 5_000, BET);
      expect([next.harm, next.relative, next.absolute]).toEqual([state.harm, state.relative, state.absolute]);
    }
  });

  it('adds at most the cap in one block', () => {
    const state = stepRate(openRate(MARGINS), MARGINS, { nc: 1_000, xc: 1_000, ns: 9_000, xs: 9 }, 5_000, BET);
    expect(logRateHarm(state)).toBeLessThanOrEqual(BET.cap);
    expect(logRateHarm(state)).toBeGreaterThan(BET.cap - 1);
  });

  it('shows parity by the average of both margins, and harm in neither', () => {
    let state = openRate(MARGINS);
    for (let block = 0; block < 60; block += 1) state = stepRate(state, MARGINS, HEALTHY, 5_000, BET);
    expect(logRateParity(state)).toBeGreaterThan(Math.log(20));
    expect(logRateHarm(state)).toBeLessThan(0);
    expect(logRateParity(restartRateParity(state))).toBeCloseTo(0, 12);
  });

  it('truncates parity 3 nats above its threshold, so that it is lost soon', () => {
    let state = openRate(MARGINS);
    for (let block = 0; block < 2_000; block += 1) state = stepRate(state, MARGINS, HEALTHY, 5_000, BET);
    expect(logRateParity(state)).toBeLessThanOrEqual(BET.parityCeiling);
    let blocks = 0;
    for (; logRateParity(state) >= Math.log(20); blocks += 1) {
      state = stepRate(state, MARGINS, { ...HEALTHY, xc: 5 }, 5_000, BET);
    }
    expect(blocks).toBeLessThan(20);
  });

  it('counts a block of an older split as evidence of harm only', () => {
    const state = openRate(MARGINS);
    const next = stepRate(state, MARGINS, { ...HEALTHY, xc: 30 }, 5_000, { ...BET, parity: 'left-out' });
    expect([next.relative, next.absolute]).toEqual([state.relative, state.absolute]);
    expect(logRateHarm(next)).toBeGreaterThan(1);
  });

  it('never speaks of harm when it has no rollback margin', () => {
    const margins = { ...MARGINS, rollback: null };
    const state = stepRate(openRate(margins), margins, { ...HEALTHY, xc: 900 }, 5_000, BET);
    expect(logRateHarm(state)).toBe(0);
    expect(logRateParity(state)).toBeLessThan(-1);
  });

  it('bets nothing on an alternative that clipping put on the wrong side', () => {
    expect(harmLogE({ nc: 10, xc: 10, ns: 10, xs: 9 }, 0.95, { rho: 1.1, a: 1e-4 }, 9)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(parityLogE({ nc: 10, xc: 0, ns: 10, xs: 9 }, 0.4, { rho: 1, a: 0 }, 9)).toEqual([0, 0, 0]);
  });

  it.each([0.0005, 0.05, 0.3, 0.75])('has means of at most 1 on its boundaries at a stable rate of %d', (rate) => {
    const mean = (c: number, logE: (xc: number, xs: number) => readonly number[]) => {
      const stable = binomialMasses(40, rate);
      const sums: number[] = [];
      for (const [xc, canaryMass] of binomialMasses(20, c).entries()) {
        for (const [xs, mass] of stable.entries()) {
          for (const [g, log] of logE(xc, xs).entries()) sums[g] = (sums[g] ?? 0) + canaryMass * mass * Math.exp(log);
        }
      }
      return Math.max(...sums);
    };
    for (const s1 of [rate / 2, rate, Math.min(0.99, rate * 2)]) {
      const up = { rho: 1.1, a: 1e-4 };
      const harm = mean(1.1 * rate + 1e-4, (xc, xs) => harmLogE({ nc: 20, xc, ns: 40, xs }, s1, up, 1e9));
      expect(harm).toBeLessThanOrEqual(1 + 1e-9);
      const down = { rho: 1.25, a: 0 };
      const parity = mean(Math.min(1, 1.25 * rate), (xc, xs) => parityLogE({ nc: 20, xc, ns: 40, xs }, s1, down, 1e9));
      expect(parity).toBeLessThanOrEqual(1 + 1e-9);
    }
  });
});
