import type { DurationRow, TrafficDurations } from '../gateway/gateway.ts';

const NAME = 'http_server_request_duration_seconds';
const HELP = 'From the complete head of a proxied request to the head of its answer, or to its end without one';

/**
 * The histogram of OpenTelemetry's `http.server.request.duration` in the text format of Prometheus (0.0.4), written here
 * because the client library only takes single observations, and the gateway has already counted. `edges` are the upper edges of
 * its buckets, in seconds.
 */
export function durationMetrics(totals: readonly TrafficDurations[], edges: readonly number[]): string {
  const lines = totals.flatMap(({ route, track, version, rows }) =>
    rows.flatMap((row) => series(labelsOf(row, { route, track, version }), row, edges)),
  );
  return [`# HELP ${NAME} ${HELP}`, `# TYPE ${NAME} histogram`, ...lines, ''].join('\n');
}

function series(labels: string, { counts, sumSeconds }: DurationRow, edges: readonly number[]): string[] {
  let below = 0;
  const buckets = [...edges, '+Inf'].map((edge, bucket) => {
    below += counts[bucket] ?? 0;
    return `${NAME}_bucket{${labels},le="${edge}"} ${below}`;
  });
  return [...buckets, `${NAME}_sum{${labels}} ${sumSeconds}`, `${NAME}_count{${labels}} ${below}`];
}

function labelsOf(
  { method, status, end }: DurationRow,
  { route, track, version }: Pick<TrafficDurations, 'route' | 'track' | 'version'>,
): string {
  const errorType = end === 'answered' ? (status !== null && status >= 500 ? String(status) : null) : end;
  const labels = {
    http_request_method: method,
    http_response_status_code: status === null ? null : String(status),
    http_route: route,
    error_type: errorType,
    serin_version: version,
    serin_track: track,
  };
  return Object.entries(labels)
    .flatMap(([name, value]) => (value === null ? [] : [`${name}="${escaped(value)}"`]))
    .join(',');
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
