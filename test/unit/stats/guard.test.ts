import { describe, expect, it } from 'vitest';
import { errorGuardLogE, slowGuardLogE } from '../../../src/stats/evidence/guard.ts';
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
