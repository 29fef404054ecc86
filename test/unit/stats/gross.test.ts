import { describe, expect, it } from 'vitest';
import type { BlockCounts } from '../../../src/stats/evidence/e-value.ts';
import { coldLog, logMixture, openMixture, stepMixture } from '../../../src/stats/evidence/onset.ts';
import { coldSpent, GROSS_BOUNDARY, grossLogE, grossSpent } from '../../../src/stats/rates/gross.ts';

const UNCAPPED = 1e9;

function binomial(n: number, x: number, p: number): number {
  let chance = 1;
  for (let k = 1; k <= x; k += 1) chance *= (n - x + k) / k;
  return chance * p ** x * (1 - p) ** (n - x);
}

/** E[e] of each alternative over all outcomes of a block. */
function means(nc: number, ns: number, c: number, s: number, s1: number): number[] {
  const sums = [0, 0, 0, 0];
  for (let xc = 0; xc <= nc; xc += 1) {
    for (let xs = 0; xs <= ns; xs += 1) {
      const chance = binomial(nc, xc, c) * binomial(ns, xs, s);
      const counts: BlockCounts = { nc, xc, ns, xs };
      for (const [at, log] of grossLogE(counts, s1, UNCAPPED).entries())
        sums[at] = (sums[at] ?? 0) + chance * Math.exp(log);
    }
  }
  return sums;
}

describe('gross failures', () => {
  it('have the e-values of the design', () => {
    const one = grossLogE({ nc: 10, xc: 4, ns: 90, xs: 1 }, 0.01, UNCAPPED)[2];
    expect(one).toBeCloseTo(2.1525809381378753, 10);
    expect(grossLogE({ nc: 50, xc: 50, ns: 450, xs: 4 }, 0.01, 4.967829)).toEqual(Array(4).fill(4.967829));
  });

  it('are no evidence on the boundary: E[e] <= 1 over all outcomes, whatever rate is expected', () => {
    for (const [nc, ns] of [
      [1, 5],
      [4, 4],
      [6, 2],
    ] as const) {
      for (const s of [0, 0.01, 0.1, 0.3, 0.44]) {
        const c = GROSS_BOUNDARY.rho * s + GROSS_BOUNDARY.a;
        for (const s1 of [0.001, 0.05, 0.3]) {
          expect(Math.max(...means(nc, ns, c, s, s1)), `${nc} ${ns} ${s} ${s1}`).toBeLessThanOrEqual(1 + 1e-9);
        }
      }
    }
  });

  it('leave nothing to test where the limit is certain failure', () => {
    expect(grossLogE({ nc: 50, xc: 50, ns: 450, xs: 225 }, 0.5, UNCAPPED)).toEqual([0, 0, 0, 0]);
  });

  it('get mass that grows over all warm-ups and never exceeds 1', () => {
    expect([grossSpent(1, 0), grossSpent(1, 1), grossSpent(2, 0), grossSpent(2, 1)]).toEqual([0.25, 0.5, 0.625, 0.75]);
    let before = 0;
    for (let entry = 1; entry <= 200; entry += 1) {
      for (const passed of [0, 0.3, 1, 2]) {
        const spent = grossSpent(entry, passed);
        expect(spent).toBeGreaterThanOrEqual(before);
        expect(spent).toBeLessThanOrEqual(1);
        before = spent;
      }
    }
  });
});

describe('the processes of a mixture', () => {
  const WEIGHTS = [0.5, 0.5];
  const mixture = stepMixture(openMixture(2), 0.5, [1, -1]);

  it('bet in one place at a time', () => {
    expect(stepMixture(mixture, 'nothing', [5, 5])).toBe(mixture);
    const cold = stepMixture(mixture, { entry: 1, spent: coldSpent(0) }, [2, 2]);
    expect(logMixture(cold, WEIGHTS)).toBe(logMixture(mixture, WEIGHTS));
    expect(coldLog(cold, WEIGHTS)).toEqual({ entry: 1, log: Math.log(0.5 * Math.exp(2) + 0.5) });
    const main = stepMixture(cold, 0.5, [1, 1]);
    expect(coldLog(main, WEIGHTS)).toEqual(coldLog(cold, WEIGHTS));
    expect(logMixture(main, WEIGHTS)).toBeGreaterThan(logMixture(cold, WEIGHTS));
  });

  it('of a warm-up begin anew with each', () => {
    expect(coldLog(mixture, WEIGHTS)).toBeNull();
    const first = stepMixture(mixture, { entry: 1, spent: 1 }, [9, 9]);
    const second = stepMixture(first, { entry: 2, spent: 0.5 }, [0, 0]);
    expect(coldLog(second, WEIGHTS)).toEqual({ entry: 2, log: expect.closeTo(0, 12) as number });
  });
});
