import { describe, expect, it } from 'vitest';
import type { Bet } from '../../../src/stats/evidence/bet.ts';
import { boundaryAt } from '../../../src/stats/evidence/e-value.ts';
import {
  lessLogE,
  logLess,
  logMore,
  logNotLess,
  logNotMore,
  openShift,
  stepShift,
} from '../../../src/stats/rates/shift.ts';

const HARM = { rho: 1.1, a: 0.02 };
const MARGINS = {
  harm: HARM,
  parity: [
    { rho: 1.25, a: 0 },
    { rho: 1, a: 0.05 },
  ],
} as const;
const BET: Bet = { cap: 4, phi: 1, spent: 1, parity: 'counted', parityCeiling: 100, past: 'learnt' };

const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n, k - 1) * (n - k + 1)) / k);
const chance = (n: number, x: number, p: number) => choose(n, x) * p ** x * (1 - p) ** (n - x);

describe('the test that the canary has less of a word', () => {
  it('has a mean of at most 1 for every pair of rates on its margin', () => {
    for (const [nc, ns] of [
      [1, 5],
      [3, 3],
      [4, 2],
    ] as const) {
      for (const canary of [0, 0.02, 0.2, 0.5, 0.85]) {
        const stable = boundaryAt(HARM, canary);
        const means = [0, 0, 0, 0];
        for (let xc = 0; xc <= nc; xc += 1) {
          for (let xs = 0; xs <= ns; xs += 1) {
            const weight = chance(nc, xc, canary) * chance(ns, xs, stable);
            for (const [at, log] of lessLogE({ nc, xc, ns, xs }, 0.4, HARM, 4).entries()) {
              means[at] = (means[at] ?? 0) + weight * Math.exp(log);
            }
          }
        }
        expect(Math.max(...means)).toBeLessThanOrEqual(1 + 1e-9);
      }
    }
  });

  it('bets nothing where the stable has no more than the margin', () => {
    expect(lessLogE({ nc: 10, xc: 0, ns: 90, xs: 1 }, 0.02, HARM, 4)).toEqual([0, 0, 0, 0]);
  });

  it('is capped', () => {
    expect(lessLogE({ nc: 100, xc: 5, ns: 900, xs: 360 }, 0.4, HARM, 5)[3]).toBe(5);
  });
});

describe('a share in both directions', () => {
  const after = (blocks: number, canary: number, stable = 400) => {
    let state = openShift();
    for (let block = 0; block < blocks; block += 1) {
      state = stepShift(state, MARGINS, { nc: 100, xc: canary, ns: 1_000, xs: stable }, 1_000, BET);
    }
    return state;
  };

  it('tells more from less, and each from the same', () => {
    const [more, less, same] = [after(60, 60), after(60, 20), after(60, 40)];
    expect([logMore(more) > 20, logLess(more) < 1, logNotMore(more) < 0, logNotLess(more) > 3]).toEqual(
      Array(4).fill(true),
    );
    expect([logMore(less) < 1, logLess(less) > 20, logNotMore(less) > 3, logNotLess(less) < 0]).toEqual(
      Array(4).fill(true),
    );
    expect([logMore(same) < 1, logLess(same) < 1, logNotMore(same) > 3, logNotLess(same) > 3]).toEqual(
      Array(4).fill(true),
    );
  });
});
