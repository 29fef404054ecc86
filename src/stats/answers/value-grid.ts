import type { LatencyGrid } from '../block.ts';
import { GAMMA } from '../latency/log-histogram.ts';

const SMALLEST = 1e-6;
const LARGEST_VALUE = 1e12;
const PER_LN_RATIO = 1 / Math.log(GAMMA);

/** Buckets of 2 % from a millionth on: bucket b holds (1.02^(b-1), 1.02^b] millionths, and bucket 0 all that is smaller. */
export const VALUE_GRID: LatencyGrid = { ratio: GAMMA, unitMs: SMALLEST };
export const HIGHEST_VALUE_BUCKET = Math.ceil(Math.log(LARGEST_VALUE / SMALLEST) * PER_LN_RATIO);

/**
 * The bucket of a number that an answer carries, clamped to the grid; null for what is no number from 0 on.
 *
 * @example valueBucket(0) // 0
 * @example valueBucket(1) // 698
 */
export function valueBucket(value: number): number | null {
  if (!(value >= 0) || value === Number.POSITIVE_INFINITY) return null;
  if (value <= SMALLEST) return 0;
  // The slack keeps 1.02^b itself in bucket b in floating point.
  return Math.min(HIGHEST_VALUE_BUCKET, Math.ceil(Math.log(value / SMALLEST) * PER_LN_RATIO - 1e-9));
}
