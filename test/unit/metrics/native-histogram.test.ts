import { describe, expect, it } from 'vitest';
import { histogramIncrease, readHistogram, schemaGrid } from '../../../src/metrics/prometheus/native-histogram.ts';
import { LOWEST_BUCKET } from '../../../src/stats/latency/log-histogram.ts';

const ratio = 2 ** (1 / 8);

/** A histogram as the query API writes it, its buckets by the power of 2^(1/8) that bounds them. */
function histogram(buckets: Readonly<Record<number, number>>, more: readonly unknown[] = []) {
  const listed = Object.entries(buckets).map(([index, count]) => [
    0,
    String(ratio ** (Number(index) - 1)),
    String(ratio ** Number(index)),
    String(count),
  ]);
  const count = Object.values(buckets).reduce((sum, n) => sum + n, 0);
  return { count: String(count), sum: '1', buckets: [...listed, ...more] };
}

const read = (at: number, buckets: Readonly<Record<number, number>>, schema = 3) =>
  readHistogram({ at, histogram: histogram(buckets) }, schema, 1);

describe('a native histogram', () => {
  it('keeps the indices of its own schema, and merges finer ones in pairs', () => {
    expect([...read(0, { 1: 5, 2: 6, 3: 7, 4: 8 }).buckets]).toEqual([
      [1, 5],
      [2, 6],
      [3, 7],
      [4, 8],
    ]);
    expect([...read(0, { 1: 5, 2: 6, 3: 7, 4: 8 }, 2).buckets]).toEqual([
      [1, 11],
      [2, 15],
    ]);
  });

  it('begins its grid of seconds about at a millisecond, so that short latencies have buckets', () => {
    const { buckets } = readHistogram({ at: 0, histogram: histogram({ 0: 3, [-80]: 2, [-2_000]: 1 }) }, 3, 1_000);
    expect(Object.fromEntries(buckets)).toEqual({ 80: 3, 0: 2, [LOWEST_BUCKET]: 1 });
    const grid = schemaGrid(3, 1_000);
    expect(grid.unitMs * grid.ratio ** 80).toBeCloseTo(1_000, 9);
  });

  it('counts what is zero or below in the lowest bucket', () => {
    const zero = [3, '-2.938735877055719e-39', '2.938735877055719e-39', '4'];
    const { buckets } = readHistogram({ at: 0, histogram: histogram({ 1: 1 }, [zero]) }, 3, 1_000);
    expect(buckets.get(LOWEST_BUCKET)).toBe(4);
  });

  it.each([
    ['no histogram', 'many'],
    ['a bucket that is none', { count: '1', buckets: [['0', '1']] }],
    ['a bucket turned around', { count: '1', buckets: [[0, '2', '1', '1']] }],
    ['a count that is none', { count: 'NaN', buckets: [] }],
    ['a count of a bucket that is none', { count: '1', buckets: [[0, '1', '1.05', '-1']] }],
    ['a coarser one', { count: '1', buckets: [[0, '1', '2', '1']] }],
  ])('is not read from %s', (_, given) => {
    expect(() => readHistogram({ at: 0, histogram: given }, 3, 1)).toThrow(/answered/);
  });

  it('grows by bucket, and from zero where it began again', () => {
    const [first, second, again] = [read(1, { 1: 5 }), read(2, { 1: 6, 4: 2 }), read(3, { 2: 9 })];
    expect(histogramIncrease([{ before: first, after: second }])).toEqual({ count: 3, buckets: { 1: 1, 4: 2 } });
    expect(histogramIncrease([{ before: second, after: again }])).toEqual({ count: 9, buckets: { 2: 9 } });
    expect(histogramIncrease([{ before: null, after: first }])).toEqual({ count: 5, buckets: { 1: 5 } });
  });
});
