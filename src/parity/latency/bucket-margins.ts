import type { Checks } from '../../policy/schema.ts';
import type { LatencyMargin } from '../../policy/units.ts';
import type { LatencyGrid } from '../../stats/block.ts';
import { bucketMs, bucketsWithin, GATEWAY_GRID } from '../../stats/latency/log-histogram.ts';
import type { BucketMargins, QuantileEdge } from '../../stats/latency/quantile.ts';

/** How far the whole distribution may shift: by default, as much as the p50. */
export function dominanceLimit({ latency }: Checks): LatencyMargin {
  return latency.dominance?.rollback ?? latency.p50.rollback;
}

/** The margins in buckets at the stable's past quantile: the larger of the relative and the absolute one applies. */
export function bucketMargins(
  checks: Checks,
  name: string,
  edge: Pick<QuantileEdge, 'bucket'> | null,
  grid: LatencyGrid = GATEWAY_GRID,
  allowance = 0,
): BucketMargins {
  const { rollback, parity } = marginsOf(checks, name);
  return { rollback: rollbackBuckets(rollback, edge, grid, allowance), parity: allowedBuckets(parity, edge, grid) };
}

function marginsOf({ latency }: Checks, name: string): { rollback: LatencyMargin; parity: LatencyMargin } {
  const margins = name === 'p50' || name === 'p95' || name === 'p99' ? latency[name] : latency.quantiles[name];
  if (margins === undefined) throw new Error(`the policy has no quantile ${name}`);
  return margins;
}

/** A rollback margin in whole buckets. On a coarse grid it is at least one: no effect inside a bucket is ever blamed. */
export function rollbackBuckets(
  margin: LatencyMargin,
  edge: Pick<QuantileEdge, 'bucket'> | null,
  grid: LatencyGrid,
  allowance = 0,
): number {
  const allowed = allowedBuckets(margin, edge, grid) + allowance;
  return grid.ratio === GATEWAY_GRID.ratio ? allowed : Math.max(1, allowed);
}

/** A margin in whole buckets at a quantile of the past: the larger of its two parts. */
export function allowedBuckets(
  margin: LatencyMargin,
  edge: Pick<QuantileEdge, 'bucket'> | null,
  grid: LatencyGrid = GATEWAY_GRID,
): number {
  const relative = bucketsWithin(1 + margin.relative, grid);
  if (edge === null) return relative;
  return Math.max(relative, bucketsWithin(1 + margin.absoluteMs / bucketMs(edge.bucket, grid), grid));
}
