import type { MetricNames } from './metric-names.ts';

/**
 * Envoy's cluster statistics. The histogram has no status: latencies cover all answers, errors included.
 * https://www.envoyproxy.io/docs/envoy/latest/configuration/upstream/cluster_manager/cluster_stats
 */
export const envoy: MetricNames = {
  requests: { metric: 'envoy_cluster_upstream_rq', created: 'envoy_cluster_upstream_rq_created' },
  status: { label: 'envoy_response_code' },
  latency: { metric: 'envoy_cluster_upstream_rq_time', unitMs: 1, status: 'none' },
};
