import { describe, expect, it } from 'vitest';
import { bucketMargins, rollbackBuckets } from '../../../src/parity/latency/bucket-margins.ts';
import {
  bucketOn,
  highestBucket,
  histogramOn,
  lowestBucket,
  nativeGrid,
} from '../../../src/stats/latency/latency-grid.ts';
import {
  bucketMs,
  bucketOf,
  bucketsWithin,
  GATEWAY_GRID,
  histogramOf,
} from '../../../src/stats/latency/log-histogram.ts';
import { judgePolicy } from '../../support/judge-policy.ts';

const { checks } = judgePolicy().spec;

describe('a native grid', () => {
  it.each([-4, -1, 0, 3, 5, 8])(
    'of schema %i has its edges at 2^(i 2^-schema) s, each in the bucket below it',
    (schema) => {
      const grid = nativeGrid(schema);
      for (const bucket of [-3, -1, 0, 1, 2].filter((at) => at > lowestBucket(grid) && at < highestBucket(grid))) {
        expect(bucketMs(bucket, grid)).toBeCloseTo(1_000 * 2 ** (bucket * 2 ** -schema), 6);
        expect(bucketOn(bucketMs(bucket, grid), grid)).toBe(bucket);
        expect(bucketOn(bucketMs(bucket, grid) * 1.0001, grid)).toBe(bucket + 1);
      }
    },
  );

  it('tells apart 0.01 ms to 120 s, and counts what lies beyond in the outermost buckets', () => {
    const grid = nativeGrid(3);
    expect([lowestBucket(grid), highestBucket(grid)]).toEqual([bucketOn(0, grid), bucketOn(1e9, grid)]);
    expect(bucketMs(highestBucket(grid), grid)).toBeGreaterThanOrEqual(120_000);
    const histogram = histogramOn({ '-99999999': 2, '0': 3, '99999999': 1, '7': 0 }, grid);
    expect(histogram).toMatchObject({ from: lowestBucket(grid), total: 6 });
    expect(histogram.mass.length).toBe(highestBucket(grid) - lowestBucket(grid) + 1);
    expect([histogram.mass[0], histogram.mass[-lowestBucket(grid)], histogram.mass.at(-1)]).toEqual([2, 3, 1]);
    expect(histogramOn({}, grid)).toMatchObject({ mass: [], total: 0 });
  });
});

describe("the gateway's grid", () => {
  it('is what counts have without another', () => {
    const counts = { '-20': 1, '0': 2, '233': 5 };
    expect(histogramOn(counts, GATEWAY_GRID)).toEqual(histogramOf(counts));
    for (const ms of [0, 0.02, 1, 100, 1e9]) expect(bucketOn(ms, GATEWAY_GRID)).toBe(bucketOf(ms));
    expect(bucketMs(233, { ...GATEWAY_GRID })).toBe(bucketMs(233));
  });
});

describe('a margin on a coarser grid', () => {
  it('is the largest number of its buckets that fits', () => {
    expect([3, 4, 5, 8].map((schema) => bucketsWithin(1.105, nativeGrid(schema)))).toEqual([1, 2, 4, 36]);
    const margins = [3, 5].map((schema) =>
      (['p50', 'p95', 'p99'] as const).map((name) => bucketMargins(checks, name, null, nativeGrid(schema))),
    );
    expect(margins).toEqual([
      [
        { rollback: 1, parity: 1 },
        { rollback: 1, parity: 1 },
        { rollback: 1, parity: 2 },
      ],
      [
        { rollback: 1, parity: 4 },
        { rollback: 2, parity: 7 },
        { rollback: 4, parity: 10 },
      ],
    ]);
  });

  it('is at least one bucket to roll back, and none for parity where it is narrower than one', () => {
    expect(bucketMargins(checks, 'p50', null, nativeGrid(2))).toEqual({ rollback: 1, parity: 0 });
    expect(rollbackBuckets({ relative: 0, absoluteMs: 0 }, null, GATEWAY_GRID)).toBe(0);
  });

  it('in milliseconds is turned into buckets at the quantile of the past', () => {
    const grid = nativeGrid(3);
    const edge = { bucket: bucketOn(20, grid), mass: 100, share: 0.05 };
    expect(rollbackBuckets({ relative: 0, absoluteMs: 20 }, edge, grid)).toBe(7);
  });
});
