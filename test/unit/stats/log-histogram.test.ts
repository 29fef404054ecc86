import { describe, expect, it } from 'vitest';
import {
  addHistograms,
  bucketMs,
  bucketOf,
  bucketsWithin,
  decayHistogram,
  EMPTY,
  GAMMA,
  HIGHEST_BUCKET,
  histogramOf,
  LOWEST_BUCKET,
  massAbove,
  quantileBucket,
} from '../../../src/stats/latency/log-histogram.ts';

describe('bucketOf', () => {
  it('is ceil(ln(ms) / ln 1.02)', () => {
    for (const ms of [0.02, 0.5, 1, 1.01, 3, 17.3, 100, 250, 999, 30_000]) {
      expect(bucketOf(ms)).toBe(Math.ceil(Math.log(ms) / Math.log(1.02)));
      expect(bucketMs(bucketOf(ms))).toBeGreaterThanOrEqual(ms * (1 - 1e-12));
      expect(bucketMs(bucketOf(ms) - 1)).toBeLessThan(ms);
    }
  });

  it.each([0, -1, 0.001, 0.01, Number.NaN, Number.NEGATIVE_INFINITY])('clamps %d below', (ms) => {
    expect(bucketOf(ms)).toBe(LOWEST_BUCKET);
  });

  it.each([120_000, 1e9, Number.POSITIVE_INFINITY])('clamps %d above', (ms) => {
    expect(bucketOf(ms)).toBe(HIGHEST_BUCKET);
  });
});

describe('bucketsWithin', () => {
  it.each([
    [1.1, 4],
    [1.041, 2],
    [1.062, 3],
    [1.105, 5],
    [1.172, 8],
    [1.269, 12],
    [1, 0],
  ])('a ratio of %d is %d buckets', (ratio, buckets) => expect(bucketsWithin(ratio)).toBe(buckets));

  it('allows the edges themselves', () => {
    for (let buckets = 0; buckets < 100; buckets += 1) expect(bucketsWithin(GAMMA ** buckets)).toBe(buckets);
  });
});

describe('a histogram', () => {
  const histogram = histogramOf({ [-3]: 2, 0: 5, 4: 3 });

  it('is dense, and empty without counts', () => {
    expect(histogram).toEqual({ from: -3, mass: [2, 0, 0, 5, 0, 0, 0, 3], total: 10 });
    expect(histogramOf({})).toBe(EMPTY);
    expect(histogramOf({ 7: 0 })).toBe(EMPTY);
  });

  it('has tails and quantiles', () => {
    expect([-4, -3, -1, 0, 3, 4, 99].map((bucket) => massAbove(histogram, bucket))).toEqual([10, 8, 8, 3, 3, 0, 0]);
    expect(quantileBucket(histogram, 0.5)).toBe(0);
    expect(quantileBucket(histogram, 0.69)).toBe(0);
    expect(quantileBucket(histogram, 0.71)).toBe(4);
    expect(quantileBucket(EMPTY, 0.5)).toBeNull();
  });

  it('adds in either order', () => {
    const other = histogramOf({ 6: 1, 4: 1 });
    const sum = addHistograms(histogram, other);
    expect(sum).toEqual({ from: -3, mass: [2, 0, 0, 5, 0, 0, 0, 4, 0, 1], total: 12 });
    expect(addHistograms(other, histogram)).toEqual(sum);
    expect(addHistograms(EMPTY, other)).toBe(other);
  });

  it('decays, and forgets what is negligible', () => {
    expect(decayHistogram(histogram, 0.5).total).toBe(5);
    expect(decayHistogram(histogram, 4e-7)).toEqual({ from: 0, mass: [5 * 4e-7, 0, 0, 0, 3 * 4e-7], total: 8 * 4e-7 });
    expect(decayHistogram(histogram, 0)).toBe(EMPTY);
  });
});
