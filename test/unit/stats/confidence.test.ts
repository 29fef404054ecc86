import { describe, expect, it } from 'vitest';
import { quantileInterval, rateInterval } from '../../../src/stats/evidence/confidence.ts';
import { EMPTY, histogramOf } from '../../../src/stats/latency/log-histogram.ts';
import { tailsOf } from '../../../src/stats/latency/tails.ts';
import { seededRandom } from '../../support/random.ts';

const SEED = 20_260_151;
const PRIME = 7_919;

/** ln of the Beta(1/2, 1/2) mixture of likelihood ratios against p, by its predictive probabilities. */
function lnMixture(x: number, n: number, p: number): number {
  let log = 0;
  for (let event = 0; event < x; event += 1) log += Math.log((event + 0.5) / (event + 1) / p);
  for (let other = 0; other < n - x; other += 1) log += Math.log((other + 0.5) / (x + other + 1) / (1 - p));
  return log;
}

describe('the confidence sequence of a rate', () => {
  it.each([
    [1, 50],
    [7, 1_000],
    [700, 1_000],
    [3, 40_000],
    [999, 1_000],
  ])('%d of %d ends where the mixture reaches 1/0.05', (x, n) => {
    const interval = rateInterval(x, n);
    expect(interval?.low).toBeLessThan(x / n);
    expect(interval?.high).toBeGreaterThan(x / n);
    expect(lnMixture(x, n, interval?.low ?? 0)).toBeCloseTo(Math.log(20), 5);
    expect(lnMixture(x, n, interval?.high ?? 0)).toBeCloseTo(Math.log(20), 5);
  });

  it('begins at 0 without events, ends at 1 with nothing else, and is none without requests', () => {
    expect(rateInterval(0, 100)?.low).toBe(0);
    expect(lnMixture(0, 100, rateInterval(0, 100)?.high ?? 0)).toBeCloseTo(Math.log(20), 5);
    expect(rateInterval(100, 100)?.high).toBe(1);
    expect(rateInterval(0, 0)).toBeNull();
  });

  it.each([0.002, 0.05, 0.5])('holds the truth at every look in at least 95 % of streams: %d', (rate) => {
    let missed = 0;
    for (let run = 0; run < 200; run += 1) {
      const random = seededRandom(SEED + run * PRIME);
      let events = 0;
      for (let n = 1; n <= 1_500; n += 1) {
        if (random() < rate) events += 1;
        if (n % 10 !== 0) continue;
        const { low, high } = rateInterval(events, n) ?? { low: 1, high: 0 };
        if (rate >= low && rate <= (high ?? 1)) continue;
        missed += 1;
        break;
      }
    }
    expect(missed).toBeLessThanOrEqual(10);
  });
});

describe('the confidence sequence of a quantile', () => {
  it('closes in on the quantile, and is open above while too little is known', () => {
    const of = (each: number) =>
      tailsOf(histogramOf(Object.fromEntries(Array.from({ length: 100 }, (_, index) => [index + 1, each]))));
    const wide = quantileInterval(of(5), 0.5);
    const narrow = quantileInterval(of(500), 0.5);
    expect(narrow?.low).toBeGreaterThan(wide?.low ?? 0);
    expect(narrow?.high).toBeLessThan(wide?.high ?? 0);
    expect(narrow?.low).toBeGreaterThanOrEqual(48);
    expect(narrow?.high).toBeLessThanOrEqual(53);
    expect(quantileInterval(of(1), 0.99)?.high).toBeNull();
    expect(quantileInterval(of(50), 0.99)?.high).not.toBeNull();
    expect(quantileInterval(tailsOf(EMPTY), 0.5)).toBeNull();
  });

  it('of answers that are all alike is their bucket', () => {
    expect(quantileInterval(tailsOf(histogramOf({ 7: 1_000 })), 0.5)).toEqual({ low: 7, high: 7 });
  });

  it.each([0.5, 0.95])('holds the truth at every look in at least 95 %% of streams: %d', (level) => {
    let missed = 0;
    for (let run = 0; run < 200; run += 1) {
      const random = seededRandom(SEED + run * PRIME);
      const counts: Record<number, number> = {};
      for (let n = 1; n <= 1_200; n += 1) {
        const bucket = Math.ceil(random() * 100);
        counts[bucket] = (counts[bucket] ?? 0) + 1;
        if (n % 20 !== 0) continue;
        const { low, high } = quantileInterval(tailsOf(histogramOf(counts)), level) ?? { low: 101, high: 0 };
        if (level * 100 >= low && level * 100 <= (high ?? 100)) continue;
        missed += 1;
        break;
      }
    }
    expect(missed).toBeLessThanOrEqual(10);
  });
});
