import type { MetricNames } from './metric-names.ts';

/** Traefik's service metrics. https://doc.traefik.io/traefik/observability/metrics/overview/ */
export const traefik: MetricNames = {
  requests: { metric: 'traefik_service_requests_total', created: 'traefik_service_requests_created' },
  status: { label: 'code' },
  latency: { metric: 'traefik_service_request_duration_seconds', unitMs: 1_000, status: 'labelled' },
};
