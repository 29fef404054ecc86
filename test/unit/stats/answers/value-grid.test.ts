import { describe, expect, it } from 'vitest';
import { HIGHEST_VALUE_BUCKET, VALUE_GRID, valueBucket } from '../../../../src/stats/answers/value-grid.ts';
import { bucketMs } from '../../../../src/stats/latency/log-histogram.ts';

describe('the bucket of a value', () => {
  it('holds values up to 2 % apart, from a millionth on', () => {
    for (const value of [1e-5, 0.03, 1, 4, 9, 1_024, 1e9]) {
      const bucket = valueBucket(value) ?? -1;
      expect(bucketMs(bucket, VALUE_GRID)).toBeGreaterThanOrEqual(value * (1 - 1e-9));
      expect(bucketMs(bucket - 1, VALUE_GRID)).toBeLessThan(value);
    }
  });

  it('is the first for nothing, the last for what is too large, and none for what is no number from 0 on', () => {
    expect([0, 1e-7, 1e300].map(valueBucket)).toEqual([0, 0, HIGHEST_VALUE_BUCKET]);
    expect([-1, Number.NaN, Number.POSITIVE_INFINITY].map(valueBucket)).toEqual([null, null, null]);
  });
});
