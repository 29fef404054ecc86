import { bucketMs, type Histogram, histogramOf } from '../latency/log-histogram.ts';
import type { Tails } from '../latency/tails.ts';
import type { BucketCounts } from './answer-counts.ts';
import { HIGHEST_VALUE_BUCKET, VALUE_GRID } from './value-grid.ts';

/** Counts of a value by bucket of `VALUE_GRID`. */
export function valueHistogram(counts: BucketCounts): Histogram {
  return histogramOf(counts, HIGHEST_VALUE_BUCKET);
}

/**
 * The same of negated buckets: what is tested for being higher is then whether values are lower. An edge of the level q lies
 * where that of 1 - q did.
 */
export function mirrored({ from, above, total }: Tails): Tails {
  const { length } = above;
  const all = above[0] ?? 0;
  // Adding zero avoids -0, which JSON would turn into 0.
  return { from: -(from + length - 1) + 0, above: above.map((_, at) => all - (above[length - at] ?? 0)), total };
}

/** The upper edge of a bucket of `VALUE_GRID`; 0 for the one of zero. */
export function valueEdge(bucket: number): number {
  return bucket <= 0 ? 0 : bucketMs(bucket, VALUE_GRID);
}

/**
 * The number by which people are told of a bucket: of those in it the one with the fewest digits, so that integers up to 50 are
 * themselves.
 *
 * @example roundValue(768) // 4, of 3.947 to 4.026
 */
export function roundValue(bucket: number): number {
  if (bucket <= 0) return 0;
  const highest = valueEdge(bucket) * (1 + 1e-9);
  const lowest = bucketMs(bucket - 1, VALUE_GRID) * (1 + 1e-9);
  for (let digits = 1; digits <= 3; digits += 1) {
    const unit = 10 ** (Math.floor(Math.log10(highest)) + 1 - digits);
    const rounded = Number((Math.floor(highest / unit) * unit).toPrecision(digits));
    if (rounded > lowest) return rounded;
  }
  return highest;
}
