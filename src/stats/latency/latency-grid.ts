import type { LatencyCounts, LatencyGrid } from '../block.ts';
import {
  bucketOf,
  EMPTY,
  GATEWAY_GRID,
  HIGHEST_BUCKET,
  type Histogram,
  histogramOf,
  LONGEST_MS,
  LOWEST_BUCKET,
  SHORTEST_MS,
} from './log-histogram.ts';

const MS_PER_SECOND = 1_000;

/**
 * The grid of a Prometheus native histogram of seconds: neighbouring edges are 2^(2^-schema) apart.
 *
 * @param schema -4 to 8
 */
export function nativeGrid(schema: number): LatencyGrid {
  return { ratio: 2 ** (2 ** -schema), unitMs: MS_PER_SECOND };
}

export function isSameGrid(left: LatencyGrid, right: LatencyGrid): boolean {
  return left.ratio === right.ratio && left.unitMs === right.unitMs;
}

/**
 * The bucket of the shortest latency that is resolved, 0.01 ms. The zero bucket of a native histogram, which lies
 * below every other, counts as this one.
 */
export function lowestBucket(grid: LatencyGrid): number {
  return isSameGrid(grid, GATEWAY_GRID) ? LOWEST_BUCKET : rawBucket(SHORTEST_MS, grid);
}

/** The bucket of the longest latency that is resolved, 120 s. */
export function highestBucket(grid: LatencyGrid): number {
  return isSameGrid(grid, GATEWAY_GRID) ? HIGHEST_BUCKET : rawBucket(LONGEST_MS, grid);
}

/** The bucket of a latency, clamped to 0.01 ms .. 120 s. */
export function bucketOn(ms: number, grid: LatencyGrid): number {
  if (isSameGrid(grid, GATEWAY_GRID)) return bucketOf(ms);
  if (!(ms > SHORTEST_MS)) return lowestBucket(grid);
  return ms >= LONGEST_MS ? highestBucket(grid) : rawBucket(ms, grid);
}

/** Counts of a block on its grid. Anything beyond the outermost buckets counts in them. */
export function histogramOn(counts: LatencyCounts, grid: LatencyGrid): Histogram {
  if (isSameGrid(grid, GATEWAY_GRID)) return histogramOf(counts);
  const lowest = lowestBucket(grid);
  const highest = highestBucket(grid);
  const placed = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([key, count]) => ({ bucket: Math.min(highest, Math.max(lowest, Number(key))), count }));
  if (placed.length === 0) return EMPTY;
  let from = highest;
  let last = lowest;
  let total = 0;
  for (const { bucket, count } of placed) {
    from = Math.min(from, bucket);
    last = Math.max(last, bucket);
    total += count;
  }
  const mass = Array.from({ length: last - from + 1 }, () => 0);
  for (const { bucket, count } of placed) mass[bucket - from] = (mass[bucket - from] ?? 0) + count;
  return { from, mass, total };
}

// An edge belongs to the bucket below it; the slack keeps it there in floating point. Adding zero avoids -0.
function rawBucket(ms: number, { ratio, unitMs }: LatencyGrid): number {
  return Math.ceil(Math.log(ms / unitMs) / Math.log(ratio) - 1e-9) + 0;
}
