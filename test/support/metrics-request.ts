import { lookup } from 'node:dns';
import type { MetricNames, RouteMetrics } from '../../src/metrics/presets/metric-names.ts';
import { otel } from '../../src/metrics/presets/otel.ts';
import { prometheusClient } from '../../src/metrics/prometheus/client.ts';
import { type PrometheusSourceOptions, prometheusSource } from '../../src/metrics/prometheus/source.ts';
import type { CollectRequest, MetricsSource } from '../../src/metrics/source.ts';

/** What the controller asks for in a step of 10 %, of versions v1 and v2, with `parts` of it replaced. */
export function requestOf(parts: Partial<CollectRequest> = {}): CollectRequest {
  return {
    route: 'shop',
    after: null,
    slowAfterMs: 1_000,
    versions: {
      stable: { url: 'http://127.0.0.1:9001/', version: 'v1' },
      canary: { url: 'http://127.0.0.1:9002/', version: 'v2' },
    },
    split: { epoch: 3, canaryBps: 1_000, since: 0 },
    measure: { blockMs: 5_000, errorStatuses: ['5xx'] },
    queries: {},
    ...parts,
  };
}

/** The metrics of a route whose versions are told apart by one label. */
export function metricsBy(label: string, names: MetricNames = otel, parts: Partial<RouteMetrics> = {}): RouteMetrics {
  const own = { [label]: '{{version}}' };
  return { names, match: {}, versions: { stable: own, canary: own }, nativeSchema: null, ...parts };
}

export interface SourceParts extends Partial<Omit<PrometheusSourceOptions, 'client'>> {
  readonly timeoutMs?: number;
  readonly maxAnswerBytes?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A Prometheus source of the address, with scrapes of a second unless `parts` say otherwise. */
export function sourceAt(url: string, parts: SourceParts = {}): MetricsSource {
  const { timeoutMs = 5_000, maxAnswerBytes = 1_048_576, headers = {}, ...more } = parts;
  return prometheusSource({
    client: prometheusClient({ name: 'prometheus', url, timeoutMs, maxAnswerBytes, headers, tls: {}, lookup }),
    intervalMs: 1_000,
    metrics: metricsBy('service_version'),
    gateway: null,
    splitSeen: Boolean(more.gateway),
    ...more,
  });
}
