import { describe, expect, it } from 'vitest';
import { formatQuantity } from '../../../src/parity/figures.ts';
import { marginInWords, shareOfBuckets, valueBuckets } from '../../../src/parity/values/value-margins.ts';
import { HIGHEST_VALUE_BUCKET, valueBucket } from '../../../src/stats/answers/value-grid.ts';
import { mirrored, roundValue, valueHistogram } from '../../../src/stats/answers/value-histogram.ts';
import { quantileEdge } from '../../../src/stats/latency/quantile.ts';
import { tailAbove, tailBucket, tailsOf } from '../../../src/stats/latency/tails.ts';

const of = (value: number) => valueBucket(value) ?? -1;
const margin = (relative: number, absolute = 0) => ({ relative, absolute });

describe('a margin of a value', () => {
  it('is whole buckets of its relative part', () => {
    expect(valueBuckets(margin(0.105), 'higher', null)).toBe(5);
    expect(valueBuckets(margin(0.105), 'lower', null)).toBe(5);
    expect(valueBuckets(margin(0.269), 'higher', 768)).toBe(12);
    expect(valueBuckets(margin(0.269), 'lower', 768)).toBe(15);
    expect(shareOfBuckets(15, 'lower')).toBeLessThanOrEqual(0.269);
    expect(shareOfBuckets(16, 'lower')).toBeGreaterThan(0.269);
  });

  it.each([
    [4, 1],
    [4, 2],
    [0, 1],
    [1, 1],
    [40, 10],
    [1_000, 1],
  ])('at %d and an absolute part of %d allows exactly as much, in both directions', (stable, absolute) => {
    const up = valueBuckets(margin(0, absolute), 'higher', of(stable));
    expect(of(stable + absolute)).toBeLessThanOrEqual(of(stable) + up);
    const down = valueBuckets(margin(0, absolute), 'lower', of(stable));
    expect(of(Math.max(0, stable - absolute))).toBeGreaterThanOrEqual(of(stable) - down);
  });

  it('at 4 and 1 allows 5 and 3, and neither 6 nor 2', () => {
    expect(valueBuckets(margin(0, 1), 'higher', of(4))).toBe(12);
    expect(valueBuckets(margin(0, 1), 'lower', of(4))).toBe(15);
    expect(of(6)).toBeGreaterThan(of(4) + 12);
    expect(of(2)).toBeLessThan(of(4) - 15);
  });

  it('is nothing to fall below where all of it may be lost', () => {
    expect(valueBuckets(margin(1), 'lower', of(4))).toBeGreaterThan(HIGHEST_VALUE_BUCKET);
    expect(valueBuckets(margin(0, 4), 'lower', of(4))).toBeGreaterThan(HIGHEST_VALUE_BUCKET);
  });

  it('is told as what counts', () => {
    expect(marginInWords(margin(0.105), 'higher', of(4), null)).toBe('10.4 %');
    expect(marginInWords(margin(0.105), 'lower', of(4), null)).toBe('9.4 %');
    expect(marginInWords(margin(0.105, 2), 'higher', of(4), 'queries')).toBe('2 queries');
    expect(marginInWords(margin(0.105, 2), 'higher', of(400), 'queries')).toBe('10.4 %');
  });
});

describe('the number of a bucket', () => {
  it('is every integer up to 50, zero among them, and within 2 % of any other', () => {
    for (let value = 0; value <= 50; value += 1) expect(roundValue(of(value))).toBe(value);
    for (const value of [0.0123, 1.37, 99, 1_234, 5_000, 1e9]) {
      expect(Math.abs(roundValue(of(value)) / value - 1)).toBeLessThan(0.0201);
    }
  });

  it('is in its bucket, whichever it is', () => {
    for (let bucket = 0; bucket <= HIGHEST_VALUE_BUCKET; bucket += 1) {
      expect([bucket, valueBucket(roundValue(bucket))]).toEqual([bucket, bucket]);
    }
  });

  it.each([
    [9, null, '9'],
    [1_300, 'tokens', '1300 tokens'],
    [41_234, 'tokens', '41,234 tokens'],
    [161.3, 'ms', '161 ms'],
    [12_300, 'bytes', '12.3 kB'],
    [40, 'bytes', '40 B'],
    [1.5e9, 'bytes', '1.5 GB'],
  ])('%d in %s is %s', (value, unit, text) => {
    expect(formatQuantity(value, unit)).toBe(text);
  });
});

describe('what is mirrored', () => {
  const tails = tailsOf(valueHistogram({ 700: 10, 768: 60, 809: 30 }));

  it('has its buckets negated and its quantiles at the other end', () => {
    const mirror = mirrored(tails);
    expect(mirror.total).toBe(100);
    expect(tailBucket(mirror, 0.95)).toBe(-700);
    expect(tailBucket(mirror, 0.2)).toBe(-809);
    expect(tailAbove(mirror, -768)).toBe(10);
    expect(tailAbove(mirror, -769)).toBe(70);
  });

  it('is itself when it is mirrored again', () => {
    expect(mirrored(mirrored(tails))).toEqual(tails);
    const nothing = tailsOf(valueHistogram({}));
    expect(mirrored(nothing).total).toBe(0);
    expect(tailAbove(mirrored(nothing), 5)).toBe(0);
  });

  it('has an edge through the bucket of equal integers', () => {
    const edge = quantileEdge(mirrored(tailsOf(valueHistogram({ 768: 80 }))), 0.5);
    expect(edge).toMatchObject({ bucket: -768, part: 0.5, mass: 40 });
  });
});
