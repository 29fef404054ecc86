import { describe, expect, it } from 'vitest';
import { errorGuardLogE, guardBesideStable, slowGuardLogE } from '../../../src/stats/evidence/guard.ts';
import { logSum } from '../../../src/stats/evidence/log-sum.ts';
import { harmLogE, RATIO_WEIGHTS } from '../../../src/stats/rates/error-rate.ts';
import { binomialMasses } from '../../support/reference-formulas.ts';

describe('a guard', () => {
  it.each([
    ['errors', errorGuardLogE],
    ['latency', slowGuardLogE],
  ] as const)('has means of at most 1 up to its limit: %s', (_, logE) => {
    for (const limit of [0.01, 0.05, 0.5]) {
      for (const rate of [limit / 4, limit]) {
        const sums: number[] = [];
        for (const [x, mass] of binomialMasses(80, rate).entries()) {
          for (const [g, log] of logE(80, x, limit, 1e9).entries()) sums[g] = (sums[g] ?? 0) + mass * Math.exp(log);
        }
        expect(Math.max(...sums)).toBeLessThanOrEqual(1 + 1e-9);
      }
    }
  });

  it('gains on a broken limit and loses within it', () => {
    expect(Math.max(...errorGuardLogE(1_000, 60, 0.02, 99))).toBeGreaterThan(10);
    expect(Math.max(...errorGuardLogE(1_000, 10, 0.02, 99))).toBeLessThan(0);
    expect(Math.max(...slowGuardLogE(1_000, 60, 0.01, 99))).toBeGreaterThan(10);
    expect(Math.max(...slowGuardLogE(1_000, 5, 0.01, 99))).toBeLessThan(0);
  });

  it('is capped, and cannot be broken where nothing is above the limit', () => {
    expect(Math.max(...errorGuardLogE(1_000, 1_000, 0.02, 4))).toBe(4);
    expect(errorGuardLogE(10, 10, 1, 4)).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

describe('a guard beside the stable', () => {
  const CAP = (Math.log(1_000) + 5) / 3;

  it('is the smaller of the guard and of the comparison', () => {
    const counts = { nc: 50, xc: 15, ns: 450, xs: 135 };
    const alone = errorGuardLogE(50, 15, 0.05, CAP);
    expect(alone[0]).toBeCloseTo(3.1855, 4);
    expect(alone[1]).toBeCloseTo(CAP, 9);
    const compared = logSum(harmLogE(counts, 0.001, { rho: 1.1, a: 1e-4 }, CAP), RATIO_WEIGHTS);
    expect(compared).toBeCloseTo(-2.712476, 6);
    for (const logE of guardBesideStable(alone, counts, 0.001, CAP)) expect(logE).toBe(compared);
    const well = { nc: 50, xc: 15, ns: 450, xs: 0 };
    expect(guardBesideStable(alone, well, 0.001, CAP)[0]).toBe(alone[0]);
  });

  it('has means of at most 1 where the canary is within its limit, or no worse than the stable', () => {
    const nc = 12;
    const ns = 30;
    // The canary at its limit beside a perfect stable, and each at any rate with a canary on the line of the comparison.
    const nulls = [
      [0.05, 1e-6],
      [0.05, 0.05],
      [0.5 * 1.1 + 1e-4, 0.5],
      [0.2 * 1.1 + 1e-4, 0.2],
      [0.9, 0.9],
    ] as const;
    for (const s1 of [0.001, 0.05, 0.4]) {
      for (const [c, s] of nulls) {
        const sums: number[] = [];
        for (const [xc, ofCanary] of binomialMasses(nc, c).entries()) {
          for (const [xs, ofStable] of binomialMasses(ns, s).entries()) {
            const logE = guardBesideStable(errorGuardLogE(nc, xc, 0.05, 1e9), { nc, xc, ns, xs }, s1, 1e9);
            for (const [g, log] of logE.entries()) sums[g] = (sums[g] ?? 0) + ofCanary * ofStable * Math.exp(log);
          }
        }
        expect(Math.max(...sums)).toBeLessThanOrEqual(1 + 1e-9);
      }
    }
  });

  it('exceeds 1 where the canary is beyond both, so that the enumeration can fail', () => {
    let mean = 0;
    for (const [xc, mass] of binomialMasses(30, 0.3).entries()) {
      const [, logE] = guardBesideStable(errorGuardLogE(30, xc, 0.05, 1e9), { nc: 30, xc, ns: 270, xs: 1 }, 0.001, 1e9);
      mean += mass * Math.exp(logE ?? 0);
    }
    expect(mean).toBeGreaterThan(2);
  });

  it('bets on nothing in a block without the stable', () => {
    const alone = errorGuardLogE(50, 15, 0.05, CAP);
    expect(Math.max(...guardBesideStable(alone, { nc: 50, xc: 15, ns: 0, xs: 0 }, 0.001, CAP))).toBe(0);
  });
});
