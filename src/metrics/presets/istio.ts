import type { MetricNames } from './metric-names.ts';

/**
 * Istio's standard metrics. Both ends of a call report it, so only one of them may be counted; a request whose client
 * disconnected has status 0 and the flag DC. https://istio.io/latest/docs/reference/config/metrics/
 */
export const istio: MetricNames = {
  requests: { metric: 'istio_requests_total', created: 'istio_requests_created' },
  status: { label: 'response_code', clientGone: { label: 'response_flags', value: 'DC' } },
  latency: { metric: 'istio_request_duration_milliseconds', unitMs: 1, status: 'labelled' },
  match: { reporter: 'destination' },
};
