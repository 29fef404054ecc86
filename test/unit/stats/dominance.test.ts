import { describe, expect, it } from 'vitest';
import type { Bet } from '../../../src/stats/evidence/bet.ts';
import {
  type Bins,
  binsOf,
  countBins,
  dominanceLogE,
  logDominanceHarm,
  openDominance,
  stepDominance,
} from '../../../src/stats/latency/dominance.ts';
import { EMPTY, histogramOf } from '../../../src/stats/latency/log-histogram.ts';
import { tailsOf } from '../../../src/stats/latency/tails.ts';
import { binomial, seededRandom } from '../../support/random.ts';

const BET: Bet = { cap: 3.97, phi: 1, past: 'learnt', spent: 0.5, parity: 'counted', parityCeiling: 6 };
/** 5,000 answers spread over buckets 1..1000. */
const PAST = tailsOf(histogramOf(Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [index + 1, 5]))));
const spread = (by: number, step: number) =>
  tailsOf(histogramOf(Object.fromEntries(Array.from({ length: 1_000 / step }, (_, index) => [index * step + by, 1]))));

describe('the bins of the whole distribution', () => {
  it('are cut at ten quantiles of the past', () => {
    const bins = binsOf(PAST);
    const edges = [100, 250, 500, 750, 900, 950, 975, 990, 995, 999];
    // A bucket more or less is rounding of 1 - q.
    for (const [index, edge] of edges.entries()) expect(Math.abs((bins?.edges[index] ?? 0) - edge)).toBeLessThan(2);
    expect(bins?.edges).toHaveLength(edges.length);
    expect(bins?.shares).toHaveLength(11);
    expect(bins?.shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
  });

  it('of equal edges keep the highest level', () => {
    const lumpy = tailsOf(histogramOf({ 10: 6_000, 20: 3_900, 30: 90, 40: 8, 50: 2 }));
    expect(binsOf(lumpy)).toMatchObject({ edges: [10, 20, 30], levels: [0.5, 0.99, 0.999] });
  });

  it('wait for 200 past answers, and for one in each bin', () => {
    expect(binsOf(tailsOf(EMPTY))).toBeNull();
    expect(binsOf(tailsOf(histogramOf({ 1: 199 })))).toBeNull();
    expect(binsOf(tailsOf(histogramOf({ 1: 500, 2: 100 })))).toBeNull();
    expect(binsOf(PAST)).not.toBeNull();
  });

  it('count the canary against edges that are shifted by the margin', () => {
    expect(countBins(tailsOf(histogramOf({ 5: 1, 6: 1, 7: 1, 8: 1 })), [5, 7], 0)).toEqual([1, 2, 1]);
    expect(countBins(tailsOf(histogramOf({ 5: 1, 6: 1, 7: 1, 8: 1 })), [5, 7], 1)).toEqual([2, 2, 0]);
  });
});

describe('dominance', () => {
  const blocks = (canaryBy: number, count: number) => {
    let mixture = openDominance();
    const bins = binsOf(PAST);
    for (let block = 0; block < count; block += 1) {
      const counts = { canary: spread(canaryBy, 10), stable: spread(1, 1) };
      mixture = stepDominance(mixture, bins, 2, counts, BET);
    }
    return logDominanceHarm(mixture);
  };

  it('is found for a shift of the whole and not for an equal canary', () => {
    expect(blocks(1, 40)).toBeLessThan(0);
    expect(blocks(200, 5)).toBeGreaterThan(Math.log(1_000));
  });

  it('is found for a heavier tail alone', () => {
    let mixture = openDominance();
    const tail = tailsOf(
      histogramOf(
        Object.fromEntries(Array.from({ length: 100 }, (_, index) => [index < 95 ? index * 10 + 1 : 1_200, 1])),
      ),
    );
    for (let block = 0; block < 16; block += 1) {
      mixture = stepDominance(mixture, binsOf(PAST), 2, { canary: tail, stable: spread(1, 1) }, BET);
    }
    expect(logDominanceHarm(mixture)).toBeGreaterThan(Math.log(1_000));
  });

  it('bets nothing without bins or without both versions', () => {
    const mixture = openDominance();
    const counts = { canary: spread(1, 10), stable: spread(1, 1) };
    const none = tailsOf(EMPTY);
    expect(stepDominance(mixture, null, 2, counts, BET)).toBe(mixture);
    expect(stepDominance(mixture, binsOf(PAST), 2, { ...counts, canary: none }, BET)).toBe(mixture);
    expect(stepDominance(mixture, binsOf(PAST), 2, { ...counts, stable: none }, BET)).toBe(mixture);
  });

  it('divides by phi before the cap applies', () => {
    const bins = binsOf(PAST);
    if (bins === null) throw new Error('the past has bins');
    const canary = countBins(spread(200, 10), bins.edges, 2);
    const stable = countBins(spread(1, 1), bins.edges, 0);
    const whole = dominanceLogE(bins, canary, stable, 1e9);
    const tempered = dominanceLogE(bins, canary, stable, 3, 4);
    for (const [tilt, log] of whole.entries()) expect(tempered[tilt]).toBeCloseTo(Math.min(3, log / 4), 12);
  });

  // By the proof of 2.4 the largest mean is at equality; three bins and small counts can be enumerated.
  it.each([
    [
      [0.6, 0.3, 0.1],
      [0.6, 0.3, 0.1],
    ],
    [
      [0.5, 0.4, 0.1],
      [0.6, 0.3, 0.1],
    ],
    [
      [0.2, 0.2, 0.6],
      [0.7, 0.2, 0.1],
    ],
  ])('has means of at most 1 where the canary equals the stable: truth %j, past %j', (truth, shares) => {
    const bins: Bins = { edges: [1, 2], levels: [0.5, 0.9], shares };
    const means: number[] = [];
    for (const [canary, canaryMass] of multinomial(4, truth)) {
      for (const [stable, stableMass] of multinomial(7, truth)) {
        for (const [tilt, log] of dominanceLogE(bins, canary, stable, 1e9).entries()) {
          means[tilt] = (means[tilt] ?? 0) + canaryMass * stableMass * Math.exp(log);
        }
      }
    }
    expect(means).toHaveLength(14);
    expect(Math.max(...means)).toBeLessThanOrEqual(1 + 1e-9);
  });

  it('is reached by an equal canary in at most 5 % of 400 streams', () => {
    let reached = 0;
    const shares = binsOf(PAST)?.shares ?? [];
    for (let run = 0; run < 400; run += 1) {
      const random = seededRandom(20_260_131 + run * 7_919);
      const bins: Bins = { edges: [], levels: [0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99, 0.995, 0.999], shares };
      const sums = Array.from({ length: 14 }, () => 0);
      let highest = 0;
      for (let block = 0; block < 60; block += 1) {
        const drawn = { canary: draw(random, 40, shares), stable: draw(random, 400, shares) };
        for (const [tilt, log] of dominanceLogE(bins, drawn.canary, drawn.stable, 3.97).entries()) {
          sums[tilt] = (sums[tilt] ?? 0) + log;
        }
        highest = Math.max(highest, ...sums.map((sum) => sum - Math.log(14)));
      }
      if (highest >= Math.log(20)) reached += 1;
    }
    expect(reached).toBeLessThanOrEqual(20);
  });
});

function* multinomial(n: number, [first = 0, second = 0, third = 0]: readonly number[]): Generator<[number[], number]> {
  for (let a = 0; a <= n; a += 1) {
    for (let b = 0; a + b <= n; b += 1) {
      const c = n - a - b;
      const ways = factorial(n) / (factorial(a) * factorial(b) * factorial(c));
      yield [[a, b, c], ways * first ** a * second ** b * third ** c];
    }
  }
}

function factorial(n: number): number {
  return n <= 1 ? 1 : n * factorial(n - 1);
}

function draw(random: () => number, n: number, shares: readonly number[]): number[] {
  let left = n;
  let rest = 1;
  return shares.map((share, bin) => {
    const count = bin === shares.length - 1 ? left : binomial(random, left, Math.min(1, share / rest));
    left -= count;
    rest -= share;
    return count;
  });
}
