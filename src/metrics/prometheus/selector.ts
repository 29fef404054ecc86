import type { Track } from '../../split/order.ts';
import type { RouteMetrics } from '../presets/metric-names.ts';

type Labels = Readonly<Record<string, string>>;

/** The labels that identify a version of a route. */
export function labelsOf({ names, match, versions }: RouteMetrics, track: Track, version: string): Labels {
  const labels = { ...names.match, ...match, ...versions[track] };
  return Object.fromEntries(
    Object.entries(labels).map(([label, value]) => [label, value.replaceAll('{{version}}', version)]),
  );
}

/** The metric names for requests and latencies. A native histogram has no `_count`: it counts requests itself. */
export function metricsRead({ names, nativeSchema }: Pick<RouteMetrics, 'names' | 'nativeSchema'>): {
  readonly requests: string;
  readonly latencies: string;
} {
  const { requests, latency } = names;
  if (nativeSchema === null) return { requests: requests.metric, latencies: `${latency.metric}_bucket` };
  const isOne = requests.metric === `${latency.metric}_count`;
  return { requests: isOne ? latency.metric : requests.metric, latencies: latency.metric };
}

/** `metric{label="value"}[60000ms]`: raw samples with their own times; an instant vector would hide how old they are. */
export function rangeSelector(metric: string, labels: Labels, windowMs: number): string {
  return `${vectorSelector(metric, labels)}[${Math.max(1, Math.ceil(windowMs))}ms]`;
}

export function vectorSelector(metric: string, labels: Labels): string {
  const matchers = Object.entries(labels).map(([label, value]) => `${label}=${quote(value)}`);
  return `${metric}{${matchers.join(',')}}`;
}

function quote(value: string): string {
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
