import type { MetricNames } from './metric-names.ts';

/** The Kubernetes ingress controller of nginx. https://kubernetes.github.io/ingress-nginx/user-guide/monitoring/ */
export const nginxIngress: MetricNames = {
  requests: { metric: 'nginx_ingress_controller_requests', created: 'nginx_ingress_controller_requests_created' },
  status: { label: 'status' },
  latency: { metric: 'nginx_ingress_controller_request_duration_seconds', unitMs: 1_000, status: 'labelled' },
};
