import type { CollectBlocks } from './gateway.ts';
import type { RouteMetrics } from './presets/metric-names.ts';
import type { QuerySource } from './queries/query-source.ts';
import type { MetricsSource } from './source.ts';

/** A declared source, ready for queries. Each kind has one function that creates it. */
export interface DeclaredSource {
  /** Answers query checks. */
  readonly values: QuerySource;
  /** Measures one route; omitted for a kind that answers query checks only. */
  measure?(route: MeasuredRoute): MetricsSource;
}

export interface MeasuredRoute {
  readonly metrics: RouteMetrics;
  /** The gateway's own counts, if it carries the traffic: requests sent, forced and ruled traffic. */
  readonly gateway: CollectBlocks | null;
  /** Whether the ordered split is known to be in force; otherwise a block's `canaryBps` is the measured share. */
  readonly splitSeen: boolean;
}
