import { describe, expect, it } from 'vitest';
import {
  leastIntervals,
  logSeriesHarm,
  logSeriesParity,
  stepSeries,
  UNSEEN_SERIES,
} from '../../../src/stats/series/series.ts';
import {
  GUARD_WEIGHTS,
  guardLogE,
  LARGEST_GUARD_BET,
  LARGEST_PAIR_BET,
  PAIR_WEIGHTS,
  pairLogE,
  RANK_WEIGHTS,
  rankLogE,
  rankOf,
} from '../../../src/stats/series/series-bets.ts';
import type { SeriesTest, SeriesValues } from '../../../src/stats/series/series-test.ts';
import { seededRandom } from '../../support/random.ts';

const TEST: SeriesTest = {
  worse: 'higher',
  arms: 'same-size',
  rollback: { relative: 0.05, absolute: 0 },
  parity: { relative: 0.1, absolute: 0 },
};
const EXACT: SeriesTest = { ...TEST, rollback: { relative: 0, absolute: 0 }, parity: { relative: 0, absolute: 0 } };
const BET = { cap: 100, parity: 'counted', parityCeiling: 100 } as const;

function after(pairs: readonly SeriesValues[], test: SeriesTest = TEST, bet: Parameters<typeof stepSeries>[3] = BET) {
  return pairs.reduce((state, pair) => stepSeries(state, test, pair, bet), UNSEEN_SERIES);
}

function pairs(canary: readonly number[], stable: readonly number[] | number): SeriesValues[] {
  return canary.map((value, at) => ({
    canary: value,
    stable: typeof stable === 'number' ? stable : (stable[at] ?? 0),
  }));
}

const harmOf = (values: readonly SeriesValues[], test: SeriesTest = TEST) =>
  Math.exp(logSeriesHarm(after(values, test)));
const parityOf = (values: readonly SeriesValues[], test: SeriesTest = TEST) =>
  Math.exp(logSeriesParity(after(values, test), test) ?? Number.NaN);

/** Every way in which n intervals can turn out, one bit an interval. */
function outcomes(n: number): readonly (readonly (1 | -1)[])[] {
  return Array.from({ length: 2 ** n }, (_, bits) => Array.from({ length: n }, (_, at) => ((bits >> at) & 1 ? 1 : -1)));
}

describe('the published example', () => {
  const canary = [0, 0.048, 0, 0.18, 0.089, 0, 0.098, 0.035, 0, 0];

  it('is undecided: E = 10.4 of at most 32, neither a pass nor a rollback', () => {
    expect(harmOf(pairs(canary, 0))).toBeCloseTo(10.38, 2);
    expect(parityOf(pairs(canary, 0))).toBeLessThan(1);
  });

  it('counts intervals with equal values, and a difference of exactly the margin, as 1', () => {
    const differing = canary.filter((value) => value !== 0);
    expect(harmOf(pairs(differing, 0))).toBe(harmOf(pairs(canary, 0)));
    expect(harmOf(pairs([2, 2, 2], 1), { ...TEST, rollback: { relative: 1, absolute: 0 } })).toBe(1);
  });
});

describe('the ceiling', () => {
  it('is ceil(log2(1/alpha)) differing intervals: 7 at 1 %, 10 at 0.1 %', () => {
    expect(leastIntervals(Math.log(100), LARGEST_PAIR_BET)).toBe(7);
    expect(leastIntervals(Math.log(1_000), LARGEST_PAIR_BET)).toBe(10);
    expect(leastIntervals(Math.log(1_024), LARGEST_PAIR_BET)).toBe(10);
    expect(leastIntervals(Math.log(20), LARGEST_GUARD_BET)).toBe(8);
    expect(leastIntervals(-1, LARGEST_PAIR_BET)).toBe(0);
  });

  it.each([100, 1_000])('is not broken by the worst canary there is, at 1/alpha = %d', (threshold) => {
    const least = leastIntervals(Math.log(threshold), LARGEST_PAIR_BET);
    expect(harmOf(pairs(Array(least - 1).fill(1e9), 1))).toBeLessThan(threshold);
    expect(harmOf(pairs(Array(least + 5).fill(1e9), 1))).toBeGreaterThan(threshold);
  });

  it('holds at every step: e(a, b) + e(b, a) <= 2, whatever the past and the margins', () => {
    const random = seededRandom(20_260_301);
    for (let run = 0; run < 2_000; run += 1) {
      const test: SeriesTest = {
        ...TEST,
        worse: run % 3 === 0 ? 'both' : run % 3 === 1 ? 'lower' : 'higher',
        rollback: { relative: run % 2 === 0 ? 0 : random(), absolute: run % 5 === 0 ? random() : 0 },
      };
      const value = () => (random() - 0.3) * 10;
      const past = after(
        Array.from({ length: run % 12 }, () => ({ canary: value(), stable: value() })),
        test,
      );
      const [a, b] = [value(), value()];
      const factor = (canary: number, stable: number) =>
        Math.exp(logSeriesHarm(stepSeries(past, test, { canary, stable }, BET)) - logSeriesHarm(past));
      expect(factor(a, b) + factor(b, a)).toBeLessThanOrEqual(2 + 1e-12);
    }
  });
});

describe('E[e] <= 1 by enumeration', () => {
  const sizes = [1, 0.3, 2, 0.7, 5, 0.01, 1.4, 3, 0.9];

  it('of pairs, for both directions and for parity, over every order of the arms', () => {
    for (const worse of ['higher', 'lower', 'both'] as const) {
      const test = { ...EXACT, worse };
      const all = outcomes(sizes.length).map((signs) => signs.map((sign, at) => 10 + sign * (sizes[at] ?? 0)));
      const meanOf = (of: (values: readonly SeriesValues[]) => number) =>
        all.reduce((sum, canary) => sum + of(pairs(canary, 10)), 0) / all.length;
      expect(meanOf((values) => harmOf(values, test))).toBeCloseTo(1, 12);
      const parity = meanOf((values) => parityOf(values, test));
      if (worse === 'both') expect(parity).toBeLessThanOrEqual(1);
      else expect(parity).toBeCloseTo(1, 12);
    }
  });

  it('of pairs within the margin, which lose in half of the cases and gain in fewer', () => {
    const all = outcomes(8).map((signs) => signs.map((sign, at) => 10 + sign * (sizes[at] ?? 0)));
    const mean = all.reduce((sum, canary) => sum + harmOf(pairs(canary, 10)), 0) / all.length;
    expect(mean).toBeLessThan(1);
  });

  it('of the guard, where the canary is worse with probability 0.65', () => {
    const guarded = { ...EXACT, arms: 'different' } as const;
    const mean = outcomes(9).reduce((sum, signs) => {
      const chance = signs.reduce<number>((product, sign) => product * (sign === 1 ? 0.65 : 0.35), 1);
      return (
        sum +
        chance *
          harmOf(
            pairs(
              signs.map((sign, at) => 10 + sign * (sizes[at] ?? 0)),
              10,
            ),
            guarded,
          )
      );
    }, 0);
    expect(mean).toBeCloseTo(1, 12);
    expect(logSeriesParity(after(pairs([1, 2], 3), guarded), guarded)).toBeNull();
  });

  it.each([4, 5, 12])('of ranks among %d pods, uniform over the ranks', (pods) => {
    for (const slot of RANK_WEIGHTS.keys()) {
      const values = Array.from({ length: pods + 1 }, (_, rank) => Math.exp(rankLogE(rank, pods)[slot] ?? Number.NaN));
      expect(values.reduce((sum, e) => sum + e, 0) / values.length).toBeCloseTo(1, 12);
      expect(values.toSorted((left, right) => left - right)).toEqual(values);
    }
  });

  it.each([
    [1, 4],
    [2, 4],
    [3, 4],
    [3, 6],
    [4, 5],
  ])('of %d pods of the canary among %d of the stable, over every order of them', (own, others) => {
    const n = own + others;
    const orders = Array.from({ length: 2 ** n }, (_, bits) =>
      Array.from({ length: n }, (_, at) => (bits >> at) & 1),
    ).filter((order) => order.reduce((sum, bit) => sum + bit, 0) === own);
    for (const worse of ['higher', 'lower'] as const) {
      const values = orders.map((order) => ({
        canary: order.flatMap((bit, at) => (bit === 1 ? [at] : [])),
        stable: order.flatMap((bit, at) => (bit === 0 ? [at] : [])),
      }));
      const test = { ...EXACT, worse };
      const meanOf = (of: typeof harmOf) => values.reduce((sum, one) => sum + of([one], test), 0) / values.length;
      expect(meanOf(harmOf)).toBeLessThanOrEqual(1 + 1e-12);
      expect(meanOf(parityOf)).toBeLessThanOrEqual(1 + 1e-12);
    }
  });
});

describe('bets', () => {
  it('have weights that sum to 1', () => {
    for (const [weights, bets] of [
      [PAIR_WEIGHTS, pairLogE(1, 1)],
      [GUARD_WEIGHTS, guardLogE(1)],
      [RANK_WEIGHTS, rankLogE(2, 4)],
    ] as const) {
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
      expect(bets).toHaveLength(weights.length);
    }
  });

  it('grow with the size of the difference only as far as twice its usual size', () => {
    const usual = pairs([1.2, 0.9, 1.1, 1.25, 0.95], 1);
    const from = (canary: number) => harmOf([...usual, ...pairs([canary], 1)]);
    expect(from(1.3)).toBeGreaterThan(from(1.1));
    expect(from(1e9)).toBe(from(1e12));
  });
});

describe('parity', () => {
  it('is shown by equal versions, in 5 intervals at the least for beta 5 %, and lost after a regression', () => {
    const equal = Array.from({ length: 12 }, (_, at) => ({
      canary: 1.002 + (at % 3) * 0.01,
      stable: 1 + (at % 2) * 0.01,
    }));
    const shown = equal.findIndex((_, at) => parityOf(equal.slice(0, at + 1)) >= 20) + 1;
    expect(shown).toBeGreaterThanOrEqual(5);
    expect(shown).toBeLessThanOrEqual(8);
    const ceiling = Math.log(20) + 3;
    const worse = [...Array(60).fill({ canary: 1, stable: 1.001 }), ...Array(6).fill({ canary: 1.5, stable: 1 })];
    const state = after(worse, TEST, { ...BET, parityCeiling: ceiling });
    expect(logSeriesParity(state, TEST)).toBeLessThan(Math.log(20));
  });

  it('takes both directions where both are worse', () => {
    const high = pairs(Array(20).fill(2), 1);
    expect(parityOf(high, { ...TEST, worse: 'lower' })).toBeGreaterThan(20);
    expect(parityOf(high, { ...TEST, worse: 'both' })).toBeLessThan(1);
  });

  it('is shown by equal values, which lie within every margin', () => {
    const log = (count: number) => logSeriesParity(after(pairs(Array(count).fill(7), 7)), TEST);
    expect(log(5)).toBeCloseTo(2.668443174, 9);
    expect(log(6)).toBeCloseTo(3.248526404, 9);
    expect(harmOf(pairs(Array(6).fill(7), 7))).toBeLessThan(1);
    expect(parityOf([...pairs(Array(4).fill(7), 7), ...pairs([8], 7)])).toBeLessThan(
      parityOf(pairs(Array(4).fill(7), 7)),
    );
  });

  it('is not shown by equal values without a margin: of 0 a relative margin is 0', () => {
    expect(parityOf(pairs(Array(100).fill(0), 0))).toBe(1);
    expect(parityOf(pairs(Array(100).fill(7), 7), EXACT)).toBe(1);
    const absolute = { ...TEST, parity: { relative: 0.1, absolute: 0.01 } };
    expect(parityOf(pairs(Array(6).fill(0), 0), absolute)).toBeGreaterThan(20);
    expect(parityOf([{ canary: [7], stable: [7, 7, 7, 7] }], EXACT)).toBe(1);
    expect(parityOf(Array(12).fill({ canary: [7], stable: [7, 7, 7, 7] }))).toBeGreaterThan(20);
  });
});

describe('the form of the comparison', () => {
  it('is ranks from four pods of the stable on, pairs of means below, and stays what it was', () => {
    const pods = { canary: [5], stable: [1, 2, 3, 4] };
    expect(after([pods]).form).toBe('ranks');
    expect(after([{ canary: [5], stable: [1, 2, 3] }]).form).toBe('pairs');
    expect(after([pods], { ...TEST, arms: 'different' }).form).toBe('guard');
    expect(after([pods, ...pairs([3], 4)]).form).toBe('ranks');
    expect(harmOf([{ canary: [5, 7], stable: [1, 2, 3] }])).toBe(harmOf(pairs([6], 2)));
  });

  it('gives the canary the benefit of the margin, and of equal values none to parity', () => {
    const margin = { relative: 0.5, absolute: 0 };
    const values = { canary: 3, stable: [1, 2, 3, 4] };
    expect(rankOf(values, 'higher', margin)).toEqual({ pods: 4, better: 1, notWorse: 2 });
    expect(rankOf(values, 'lower', margin)).toEqual({ pods: 4, better: 0, notWorse: 0 });
    expect(rankOf({ canary: 1, stable: [1, 2, 3, 4] }, 'lower', margin)).toEqual({ pods: 4, better: 2, notWorse: 3 });
  });

  it('survives JSON to the last bit', () => {
    const half = after(pairs([0.1, 0.7, 1 / 3], [0.2, 0.65, 0.3]));
    const restored = JSON.parse(JSON.stringify(half)) as typeof half;
    const next = { canary: 0.123, stable: 0.456 };
    expect(stepSeries(restored, TEST, next, BET)).toEqual(stepSeries(half, TEST, next, BET));
  });
});
