import type { CollectRequest } from '../../src/metrics/source.ts';
import { requestOf, type SourceParts, sourceAt } from './metrics-request.ts';
import type { ScriptedSeries } from './scripted-prometheus.ts';

export const COUNT = 'http_server_request_duration_seconds_count';
export const BUCKET = 'http_server_request_duration_seconds_bucket';

const T0 = Date.UTC(2026, 0, 1);

/** Seconds since the first scrape, as epoch ms. */
export function at(seconds: number): number {
  return T0 + seconds * 1_000;
}

/** A series that is scraped every 15 s, from the first scrape or the `first` after it on. */
export function scraped(
  metric: string,
  labels: Readonly<Record<string, string>>,
  values: readonly (number | string)[],
  first = 0,
): ScriptedSeries {
  const own = { job: 'shop', instance: labels['instance'] ?? labels['service_version'] ?? 'one', ...labels };
  return { metric, labels: own, samples: values.map((value, n) => [at((first + n) * 15), value]) };
}

export function status(version: string, code: string, more: Readonly<Record<string, string>> = {}) {
  return { service_version: version, http_response_status_code: code, ...more };
}

/** Both versions well for 75 s, 90 and 10 requests a scrape, with the latencies of as many answers. */
export function healthy(): readonly ScriptedSeries[] {
  return (['v1', 'v2'] as const).flatMap((version) => {
    const step = version === 'v1' ? 90 : 10;
    const grown = [1, 2, 3, 4, 5, 6].map((n) => n * step);
    return [
      scraped(COUNT, status(version, '200'), grown),
      ...['0.1', '+Inf'].map((le) => scraped(BUCKET, status(version, '200', { le }), grown)),
    ];
  });
}

/** Collects at 82 s, in a split since 10 s: what is seen is up to 80 s, and a block begins at 25 s. */
export function collectFrom(url: string, parts: Partial<CollectRequest> = {}, source: SourceParts = {}) {
  const made = sourceAt(url, {
    intervalMs: 15_000,
    now: () => at(82),
    gateway: async () => ({ blocks: [], cursor: 'g.1' }),
    ...source,
  });
  const request = requestOf({ split: { epoch: 3, canaryBps: 1_000, since: at(10) }, ...parts });
  return made.collect(request, AbortSignal.timeout(10_000));
}
