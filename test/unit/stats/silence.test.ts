import { describe, expect, it } from 'vitest';
import type { Bet } from '../../../src/stats/evidence/bet.ts';
import {
  largestShare,
  logSplitExcess,
  logSplitLack,
  stepSplitShare,
  UNWATCHED_SPLIT,
} from '../../../src/stats/rates/split-share.ts';
import {
  logUnansweredHarm,
  openUnanswered,
  sentRequests,
  stepUnanswered,
  UNANSWERED_BOUNDARY,
  unansweredLogE,
} from '../../../src/stats/rates/unanswered.ts';
import { poisson, seededRandom } from '../../support/random.ts';
import { binomialMasses } from '../../support/reference-formulas.ts';
import { NO_TALLY } from '../../support/simulated-traffic.ts';

const BET: Bet = { cap: 3.97, phi: 1, past: 'learnt', spent: 0.5, parity: 'counted', parityCeiling: 6 };
const sent = (requests: number, unanswered: number) => ({ ...NO_TALLY, requests, unanswered });

describe('unanswered requests', () => {
  it('are sent requests too', () => {
    expect(sentRequests(null)).toBe(0);
    expect(sentRequests({ ...NO_TALLY, requests: 4 })).toBe(4);
    expect(sentRequests(sent(4, 3))).toBe(7);
  });

  it.each([1, 5, 50])('are found within five blocks when %d hang in each, whatever else the canary answers', (hung) => {
    let state = openUnanswered();
    let blocks = 0;
    const block = { canary: sent(0, hung), stable: sent(1_000, 0), durationMs: 5_000 };
    for (; logUnansweredHarm(state) < Math.log(1_000 / 0.05) && blocks < 20; blocks += 1) {
      state = stepUnanswered(state, block, BET);
    }
    expect(blocks).toBeLessThanOrEqual(5);
  });

  it('have the values of an independent implementation', () => {
    const logE = unansweredLogE({ nc: 20, xc: 4, ns: 180, xs: 2 }, 0.001, 100);
    for (const [index, value] of [3.11445, 1.900669, -0.80921, -2.542891].entries()) {
      expect(logE[index]).toBeCloseTo(value, 5);
    }
  });

  it('of both versions alike are no evidence', () => {
    let state = openUnanswered();
    for (let block = 0; block < 50; block += 1) {
      state = stepUnanswered(state, { canary: sent(95, 5), stable: sent(950, 50), durationMs: 5_000 }, BET);
    }
    expect(logUnansweredHarm(state)).toBeLessThan(0);
  });

  it.each([0.0005, 0.01, 0.1])('have means of at most 1 on the boundary: stable share %d', (rate) => {
    const stable = binomialMasses(40, rate);
    const canary = binomialMasses(20, UNANSWERED_BOUNDARY.rho * rate + UNANSWERED_BOUNDARY.a);
    for (const s1 of [rate / 2, rate, rate * 3]) {
      const sums = [0, 0, 0, 0];
      for (const [xc, canaryMass] of canary.entries()) {
        for (const [xs, mass] of stable.entries()) {
          for (const [index, log] of unansweredLogE({ nc: 20, xc, ns: 40, xs }, s1, 1e9).entries()) {
            sums[index] = (sums[index] ?? 0) + canaryMass * mass * Math.exp(log);
          }
        }
      }
      expect(Math.max(...sums)).toBeLessThanOrEqual(1 + 1e-9);
    }
  });
});

describe('the share of the traffic', () => {
  const after = (canary: number, stable: number, blocks: number) => {
    let mixture = UNWATCHED_SPLIT;
    for (let block = 0; block < blocks; block += 1) {
      mixture = stepSplitShare(mixture, { canary, stable }, { weight: 0.01, squares: 0 }, 3.97);
    }
    return logSplitLack(mixture);
  };

  it('is missed when nothing reaches the canary, after some hundred expected requests at most', () => {
    expect(after(0, 500, 4)).toBeGreaterThan(Math.log(20));
    expect(after(0, 50, 4)).toBeLessThan(Math.log(20));
  });

  it('is there at the ordered weight and at half of it', () => {
    expect(after(5, 495, 100)).toBeLessThan(0);
    let reached = 0;
    for (let run = 0; run < 300; run += 1) {
      const random = seededRandom(20_260_161 + run * 7_919);
      let mixture = UNWATCHED_SPLIT;
      let highest = 0;
      for (let block = 0; block < 100; block += 1) {
        const traffic = { canary: poisson(random, 0.5), stable: poisson(random, 99.5) };
        mixture = stepSplitShare(mixture, traffic, { weight: 0.01, squares: 0 }, 3.97);
        highest = Math.max(highest, logSplitLack(mixture));
      }
      if (highest >= Math.log(20)) reached += 1;
    }
    expect(reached).toBeLessThanOrEqual(15);
  });

  it('is missed soon after it stops, too', () => {
    let mixture = UNWATCHED_SPLIT;
    for (let block = 0; block < 1_000; block += 1) {
      mixture = stepSplitShare(mixture, { canary: 5, stable: 495 }, { weight: 0.01, squares: 0 }, 3.97);
    }
    let blocks = 0;
    for (; logSplitLack(mixture) < Math.log(20) && blocks < 60; blocks += 1) {
      mixture = stepSplitShare(mixture, { canary: 0, stable: 500 }, { weight: 0.01, squares: 0 }, 3.97);
    }
    expect(blocks).toBeLessThanOrEqual(20);
  });

  it.each([
    [0.1, 0, 0.2],
    [0.1, 0.04, 0.34],
    [0.5, 0, 0.95],
    [0.01, 0.04, 0.0896],
  ])('may be more than the weight by chance: %d, squares %d', (weight, squares, most) => {
    expect(largestShare(weight, squares)).toBeCloseTo(most, 4);
  });

  it.each([0.1, 0.4])('has a mean of at most 1 at the largest share that chance explains: weight %d', (weight) => {
    const n = 30;
    const most = largestShare(weight, 0);
    let mean = 0;
    for (const [first, mass] of binomialMasses(n, most).entries()) {
      const once = stepSplitShare(UNWATCHED_SPLIT, { canary: first, stable: n - first }, { weight, squares: 0 }, 1e9);
      for (const [second, next] of binomialMasses(n, most).entries()) {
        const twice = stepSplitShare(once, { canary: second, stable: n - second }, { weight, squares: 0 }, 1e9);
        mean += mass * next * Math.exp(logSplitExcess(twice));
      }
    }
    expect(mean).toBeLessThanOrEqual(1 + 1e-9);
    expect(mean).toBeGreaterThan(0.99);
  });

  it('says nothing without traffic', () => {
    const mixture = UNWATCHED_SPLIT;
    expect(stepSplitShare(mixture, { canary: 0, stable: 0 }, { weight: 0.01, squares: 0 }, 3.97)).toEqual(mixture);
  });
});
