import type { RouteMetrics } from '../presets/metric-names.ts';
import type { CollectRequest } from '../source.ts';

type Labels = Readonly<Record<string, string>>;

/** The labels by which each version of a route is found. */
export function versionLabels(
  { names, match, versions }: RouteMetrics,
  named: CollectRequest['versions'],
): { readonly stable: Labels; readonly canary: Labels } {
  const of = (own: Labels, version: string): Labels => {
    const labels = { ...names.match, ...match, ...own };
    return Object.fromEntries(
      Object.entries(labels).map(([label, value]) => [label, value.replaceAll('{{version}}', version)]),
    );
  };
  return { stable: of(versions.stable, named.stable.version), canary: of(versions.canary, named.canary.version) };
}

/** `metric{label="value"}[60000ms]`: raw samples with their own times, where an instant vector would hide how old they are. */
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
