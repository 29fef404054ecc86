import type { MetricNames } from './metric-names.ts';

/**
 * OpenTelemetry's HTTP server metrics as its Prometheus exporters name them. Requests that were not answered have no
 * status, but an `error.type` instead. https://opentelemetry.io/docs/specs/semconv/http/http-metrics/
 */
export const otel: MetricNames = {
  requests: {
    metric: 'http_server_request_duration_seconds_count',
    created: 'http_server_request_duration_seconds_created',
  },
  status: { label: 'http_response_status_code', unansweredLabel: 'error_type' },
  latency: { metric: 'http_server_request_duration_seconds', unitMs: 1_000, status: 'labelled' },
};
