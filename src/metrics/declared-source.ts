import type { CollectBlocks } from './gateway.ts';
import type { RouteMetrics } from './presets/metric-names.ts';
import type { QuerySource } from './queries/query-source.ts';
import type { MetricsSource } from './source.ts';

/** A source that an installation declares, ready to be asked. Each kind has one function that makes it. */
export interface DeclaredSource {
  /** Answers query checks. */
  readonly values: QuerySource;
  /** Measures one route; left out where a kind answers query checks only. */
  measure?(route: MeasuredRoute): MetricsSource;
}

export interface MeasuredRoute {
  readonly metrics: RouteMetrics;
  /** What the gateway counted itself, where it carries the traffic: requests sent, forced and ruled traffic. */
  readonly gateway: CollectBlocks | null;
  /** Whether the ordered split is known to be in force; else a block's `canaryBps` is the share that was measured. */
  readonly splitSeen: boolean;
}
