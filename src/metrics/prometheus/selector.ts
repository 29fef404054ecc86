import type { Track } from '../../split/order.ts';
import { type Matcher, matchersFor } from '../matchers.ts';
import type { RouteMetrics } from '../presets/metric-names.ts';

/** What identifies the series of a version of a route. */
export function selectorOf(
  { names, match, versions }: RouteMetrics,
  track: Track,
  version: string,
): readonly Matcher[] {
  return matchersFor({ ...names.match, ...match, ...versions[track] }, version);
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
export function rangeSelector(metric: string, matchers: readonly Matcher[], windowMs: number): string {
  return `${vectorSelector(metric, matchers)}[${Math.max(1, Math.ceil(windowMs))}ms]`;
}

export function vectorSelector(metric: string, matchers: readonly Matcher[]): string {
  return `${metric}{${matchersInPromql(matchers)}}`;
}

/** `job="payments",pod=~"payments-v2-.+"` */
export function matchersInPromql(matchers: readonly Matcher[]): string {
  return matchers.map(({ label, operator, value }) => `${label}${operator}${quote(value)}`).join(',');
}

function quote(value: string): string {
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
