import { describe, expect, it } from 'vitest';
import { type Boundary, boundaryAt } from '../../../src/stats/evidence/e-value.ts';
import { stepMixture } from '../../../src/stats/evidence/onset.ts';
import { comparesTheRest, farMoreLogE, logFarMore, openFarMore } from '../../../src/stats/rates/far-more.ts';
import { binomialMasses } from '../../support/reference-formulas.ts';

const MARGIN: Boundary = { rho: 2, a: 0.1 };
/** (ln 1,000 + ln 20 + 5) / 3 */
const CAP = 4.967829;

describe('far more events', () => {
  it('have the values of an independent implementation', () => {
    const all = farMoreLogE({ nc: 50, xc: 50, ns: 450, xs: 4 }, 0.01, MARGIN, CAP);
    expect(all[3]).toBe(CAP);
    expect(farMoreLogE({ nc: 10, xc: 4, ns: 90, xs: 1 }, 0.01, MARGIN, CAP)[2]).toBeCloseTo(2.1525809381378753, 12);
  });

  it('in every request reach 1,000 with a twentieth of the budget in three blocks', () => {
    let mixture = openFarMore();
    for (let block = 0; block < 3; block += 1) {
      mixture = stepMixture(mixture, 0.5, farMoreLogE({ nc: 50, xc: 50, ns: 450, xs: 4 }, 0.01, MARGIN, CAP));
    }
    expect(Math.log(0.05) + logFarMore(mixture)).toBeGreaterThan(Math.log(1_000));
  });

  it('are compared by the rest where the margin would allow everything', () => {
    expect(comparesTheRest(0.3, MARGIN)).toBe(false);
    expect(comparesTheRest(0.45, MARGIN)).toBe(true);
    expect(comparesTheRest(0.45, { rho: 1, a: 0.05 })).toBe(false);
    const counts = { nc: 100, xc: 99, ns: 900, xs: 405 };
    expect(Math.max(...farMoreLogE(counts, 0.45, MARGIN, 100))).toBeGreaterThan(20);
    expect(Math.max(...farMoreLogE({ ...counts, xc: 70 }, 0.45, MARGIN, 100))).toBeLessThan(1);
  });
});

describe('a block e-value of most answers, which compares the rest at any share', () => {
  const wide: Boundary = { rho: 2, a: 0.5 };

  it.each([0.001, 0.02, 0.25, 0.4, 0.9])(
    'has a mean of at most 1 where half of the rest is left: stable share %d',
    (s) => {
      const c = 1 - (1 - s) / 2;
      const means: number[] = [];
      for (const [nc, ns] of [
        [1, 9],
        [12, 40],
        [30, 30],
      ] as const) {
        for (const s1 of [0.005, s, Math.min(0.95, 1.5 * s)]) {
          const logE = (xc: number, xs: number) => farMoreLogE({ nc, xc, ns, xs }, s1, wide, 1e9, { restAbove: 0 });
          means.push(...meansOf(nc, ns, c, s, logE));
        }
      }
      expect(Math.max(...means)).toBeLessThanOrEqual(1 + 1e-9);
      expect(Math.max(...means)).toBeGreaterThan(0.6);
    },
  );

  it('have the values of the binomial likelihood ratio', () => {
    const counts = { nc: 10, xc: 9, ns: 90, xs: 0 };
    // The rest: 1 of 10 against 90 of 90; rho .5, s1 .995, c1 = .4975 * .6 at t = .4.
    expect(comparesTheRest(0.005, wide, 0)).toBe(true);
    expect(farMoreLogE(counts, 0.005, wide, 1e9, { restAbove: 0 })[2]).toBeCloseTo(2.5107751925878024, 9);
  });
});

describe('a block e-value of far more events', () => {
  const edges = (s: number) => ({ margin: boundaryAt(MARGIN, s), half: 1 - (1 - s) / 2 });

  it.each([0.01, 0.1, 0.29, 0.4, 0.7])(
    'has a mean of at most 1 on the null, given the counts: stable share %d',
    (s) => {
      const c = Math.min(edges(s).margin, edges(s).half);
      const means: number[] = [];
      for (const [nc, ns] of [
        [1, 9],
        [12, 40],
        [30, 30],
      ] as const) {
        for (const s1 of [s / 3, s, Math.min(0.95, 1.5 * s)]) {
          means.push(...meansOf(nc, ns, c, s, (xc, xs) => farMoreLogE({ nc, xc, ns, xs }, s1, MARGIN, 1e9)));
        }
      }
      expect(Math.max(...means)).toBeLessThanOrEqual(1 + 1e-9);
      expect(Math.max(...means)).toBeGreaterThan(0.6);
    },
  );

  it.each([0.01, 0.2, 0.5])('has a mean of at most 1 in the drawn form, over all draws: stable share %d', (s) => {
    const c = Math.min(edges(s).margin, edges(s).half);
    const n = 14;
    for (const w of [0.1, 0.5]) {
      const parts = { nc: w, ns: 1 - w };
      const sums = [0, 0, 0, 0];
      for (const [nc, mass] of binomialMasses(n, w).entries()) {
        const means = meansOf(nc, n - nc, c, s, (xc, xs) =>
          farMoreLogE({ nc, xc, ns: n - nc, xs }, s, MARGIN, 1e9, { parts }),
        );
        for (const [index, mean] of means.entries()) sums[index] = (sums[index] ?? 0) + mass * mean;
      }
      expect(Math.max(...sums)).toBeLessThanOrEqual(1 + 1e-9);
    }
  });

  it('exceeds 1 beyond the null, so that the enumeration can fail', () => {
    const means = meansOf(20, 40, 0.6, 0.1, (xc, xs) => farMoreLogE({ nc: 20, xc, ns: 40, xs }, 0.1, MARGIN, 1e9));
    expect(Math.max(...means)).toBeGreaterThan(2);
  });
});

/** E[e] of each alternative where the canary has the true share `c` and the stable `s`. */
function meansOf(nc: number, ns: number, c: number, s: number, logE: (xc: number, xs: number) => readonly number[]) {
  const sums = [0, 0, 0, 0];
  for (const [xc, canaryMass] of binomialMasses(nc, c).entries()) {
    for (const [xs, mass] of binomialMasses(ns, s).entries()) {
      for (const [index, log] of logE(xc, xs).entries()) {
        sums[index] = (sums[index] ?? 0) + canaryMass * mass * Math.exp(log);
      }
    }
  }
  return sums;
}
