import type { ValueMargin } from '../../policy/checks/answer-checks.ts';
import { HIGHEST_VALUE_BUCKET, VALUE_GRID, valueBucket } from '../../stats/answers/value-grid.ts';
import { roundValue, valueEdge } from '../../stats/answers/value-histogram.ts';
import { bucketsWithin } from '../../stats/latency/log-histogram.ts';
import { formatQuantity, formatShare } from '../figures.ts';
import type { Side } from './value-terms.ts';

/** Every bucket: nothing is beyond such a margin. */
const ALL_BUCKETS = HIGHEST_VALUE_BUCKET + 1;

/**
 * A margin in whole buckets at a bucket of the past: the larger of its two parts. The absolute part is rounded up by at most a bucket,
 * so that an integer that is exactly as much worse is within it.
 *
 * @param bucket of the stable's past quantile; null before there is one
 */
export function valueBuckets({ relative, absolute }: ValueMargin, side: Side, bucket: number | null): number {
  const relatively = relativeBuckets(relative, side);
  return bucket === null || absolute === 0 ? relatively : Math.max(relatively, absoluteBuckets(absolute, side, bucket));
}

/** The value that is so many buckets from one; null where nothing is beyond it. */
export function bucketLimit(bucket: number, side: Side, buckets: number): number | null {
  const limit = side === 'higher' ? bucket + buckets : bucket - buckets;
  return limit <= 0 || limit > HIGHEST_VALUE_BUCKET ? null : roundValue(limit);
}

/** The margin in force in words: `10.4 %`, or `2 tokens` where that is the larger part there. */
export function marginInWords(margin: ValueMargin, side: Side, bucket: number | null, unit: string | null): string {
  const relatively = relativeBuckets(margin.relative, side);
  if (valueBuckets(margin, side, bucket) > relatively) return formatQuantity(margin.absolute, unit);
  return formatShare(shareOfBuckets(relatively, side));
}

/** By what part of the stable's a value differs that is so many buckets away. */
export function shareOfBuckets(buckets: number, side: Side): number {
  const { ratio } = VALUE_GRID;
  return side === 'higher' ? ratio ** buckets - 1 : 1 - ratio ** -buckets;
}

// Of a value nothing is left below 100 %.
function relativeBuckets(relative: number, side: Side): number {
  if (side === 'higher') return bucketsWithin(1 + relative, VALUE_GRID);
  return relative >= 1 ? ALL_BUCKETS : bucketsWithin(1 / (1 - relative), VALUE_GRID);
}

function absoluteBuckets(absolute: number, side: Side, bucket: number): number {
  if (side === 'higher') return (valueBucket(valueEdge(bucket) + absolute) ?? ALL_BUCKETS) - bucket;
  const lowest = valueEdge(bucket - 1) - absolute;
  return lowest <= 0 ? ALL_BUCKETS : bucket - (valueBucket(lowest) ?? 0);
}
