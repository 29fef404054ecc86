import type { DeclaredSource } from '../declared-source.ts';
import { httpClient } from '../http.ts';
import { type PrometheusClientOptions, prometheusClient } from './client.ts';
import { prometheusValues } from './prometheus-values.ts';
import { prometheusSource } from './source.ts';

export interface PrometheusOptions extends PrometheusClientOptions {
  /** Of the scrapes. */
  readonly intervalMs: number;
}

/** One Prometheus. Slow queries cannot block the blocks' requests: each uses its own connections. */
export function openPrometheus({ intervalMs, ...endpoint }: PrometheusOptions): DeclaredSource {
  const client = prometheusClient(endpoint);
  return {
    values: prometheusValues(httpClient(endpoint), { scrapeMs: intervalMs }),
    measure: (route) => prometheusSource({ client, intervalMs, ...route }),
  };
}
