import type { Checks } from '../../policy/schema.ts';
import type { LatencyMargin } from '../../policy/units.ts';
import type { LatencyGrid } from '../../stats/block.ts';
import { bucketMs, bucketsWithin, GATEWAY_GRID } from '../../stats/latency/log-histogram.ts';
import type { BucketMargins, QuantileEdge } from '../../stats/latency/quantile.ts';
import { isSameGrid } from '../../stats/latency/latency-grid.ts';
import type { QuantileName } from '../finding.ts';

/** How far the whole distribution may shift: by default, as much as the p50. */
export function dominanceLimit({ latency }: Checks): LatencyMargin {
  return latency.dominance?.rollback ?? latency.p50.rollback;
}

/** The margins in buckets at the stable's past quantile: the larger of the relative and the absolute one applies. */
export function bucketMargins(
  checks: Checks,
  name: QuantileName,
  edge: QuantileEdge | null,
  grid: LatencyGrid = GATEWAY_GRID,
): BucketMargins {
  const { rollback, parity } = checks.latency[name];
  return { rollback: rollbackBuckets(rollback, edge, grid), parity: allowedBuckets(parity, edge, grid) };
}

/** A rollback margin in whole buckets. On a coarse grid it is at least one: no effect inside a bucket is ever blamed. */
export function rollbackBuckets(margin: LatencyMargin, edge: QuantileEdge | null, grid: LatencyGrid): number {
  const allowed = allowedBuckets(margin, edge, grid);
  return isSameGrid(grid, GATEWAY_GRID) ? allowed : Math.max(1, allowed);
}

/** A margin in whole buckets at a quantile of the past: the larger of its two parts. */
export function allowedBuckets(
  margin: LatencyMargin,
  edge: QuantileEdge | null,
  grid: LatencyGrid = GATEWAY_GRID,
): number {
  const relative = bucketsWithin(1 + margin.relative, grid);
  if (edge === null) return relative;
  return Math.max(relative, bucketsWithin(1 + margin.absoluteMs / bucketMs(edge.bucket, grid), grid));
}
