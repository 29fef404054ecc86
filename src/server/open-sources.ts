import type { ServerConfig } from '../config/config.ts';
import { routeMetrics } from '../config/route-metrics.ts';
import type { AskedService, ConfiguredSource } from '../config/sources.ts';
import type { MeasurePort } from '../gateway/gateway.ts';
import { lookupAllowed } from '../gateway/upstream/upstream-address.ts';
import { resolveSecret } from '../identity/secrets.ts';
import type { DeclaredSource } from '../metrics/declared-source.ts';
import { type CollectBlocks, gatewaySource } from '../metrics/gateway.ts';
import { type Endpoint, httpClient } from '../metrics/http.ts';
import { jsonValues } from '../metrics/json/json-values.ts';
import { openPrometheus } from '../metrics/prometheus/open-prometheus.ts';
import { selectorOf } from '../metrics/prometheus/selector.ts';
import type { MetricsSource } from '../metrics/source.ts';
import { withQueries } from '../metrics/with-queries.ts';
import { capabilitiesOf } from '../split/capabilities.ts';

type DeclaredSources = ReadonlyMap<string, DeclaredSource>;

/** The sources of the file, by name. Throws Problem('invalid-input') when a secret is missing. */
export function openSources({ sources }: Pick<ServerConfig, 'sources'>, env: NodeJS.ProcessEnv): DeclaredSources {
  return new Map(Object.entries(sources).map(([name, source]) => [name, openSource(name, source, env)]));
}

/** Every kind of source. */
function openSource(name: string, source: ConfiguredSource, env: NodeJS.ProcessEnv): DeclaredSource {
  const endpoint = endpointOf(source, env);
  switch (source.kind) {
    case 'prometheus':
      return openPrometheus({ name, ...endpoint, intervalMs: source.interval });
    case 'json':
      return { values: jsonValues(httpClient(endpoint)) };
  }
}

/**
 * For each route, asks the source that the file assigns (by default the gateway's own), and puts the values of query
 * checks on its blocks. Slices always come from the gateway.
 */
export function evidenceSource(
  config: ServerConfig,
  declared: DeclaredSources,
  gateway: Pick<MeasurePort, 'collect' | 'slices' | 'units' | 'sightings'>,
): MetricsSource {
  const collect: CollectBlocks = (route, after, slowAfterMs) => gateway.collect(route, after, slowAfterMs);
  const own = gatewaySource(collect, gateway);
  const measured = config.routes.map((route): readonly [string, MetricsSource] => {
    const { name, source, metrics } = route;
    const { gatewayCarries, splitSeen } = capabilitiesOf(route);
    const opened = source === undefined ? undefined : declared.get(source);
    if (!opened?.measure || !metrics) return [name, own];
    const by = { metrics: routeMetrics(metrics), gateway: gatewayCarries ? collect : null, splitSeen };
    return [name, opened.measure(by)];
  });
  const byRoute = new Map(measured);
  const of = (route: string) => byRoute.get(route) ?? own;
  const carried = new Set(config.routes.flatMap((route) => (capabilitiesOf(route).gatewayCarries ? [route.name] : [])));
  const blocks: MetricsSource = {
    name: 'by route',
    collect: (request, signal) => of(request.route).collect(request, signal),
    check: async (request, signal) => (await of(request.route).check?.(request, signal)) ?? [],
    slices: async (route) => (carried.has(route) ? gateway.slices(route) : []),
    sightings: async (route, names) => of(route).sightings?.(route, names) ?? new Map(),
    // The gateway's own counts by key are of no use beside what another source measured.
    units: async (route, draws) => of(route).units?.(route, draws) ?? 'uncounted',
  };
  const metricsOf = new Map(
    config.routes.flatMap(({ name, metrics }) => (metrics ? [[name, routeMetrics(metrics)] as const] : [])),
  );
  return withQueries(blocks, {
    sources: new Map([...declared].map(([name, { values }]) => [name, values])),
    labels: (route, track, version) => {
      const metrics = metricsOf.get(route);
      return metrics === undefined ? null : selectorOf(metrics, track, version);
    },
  });
}

/** How to reach the Loki of each route that has one. Throws Problem('invalid-input') when a secret is missing. */
export function lokiEndpoints(
  { routes }: Pick<ServerConfig, 'routes'>,
  env: NodeJS.ProcessEnv,
): ReadonlyMap<string, Endpoint> {
  return new Map(routes.flatMap(({ name, logs }) => (logs?.loki ? [[name, endpointOf(logs.loki, env)] as const] : [])));
}

/** How to reach a declared service. Throws Problem('invalid-input') when a secret is missing. */
export function endpointOf(source: AskedService, env: NodeJS.ProcessEnv): Endpoint {
  const { auth, ca, tenant } = source;
  const read = (reference: string) => resolveSecret(reference, env);
  return {
    url: source.url,
    timeoutMs: source.timeout,
    maxAnswerBytes: source.maxAnswerBytes,
    headers: {
      ...(auth?.bearer ? { authorization: `Bearer ${read(auth.bearer)}` } : {}),
      ...(auth?.basic ? { authorization: basic(auth.basic.username, read(auth.basic.password)) } : {}),
      ...(tenant ? { [tenant.header]: tenant.value } : {}),
    },
    tls: {
      ...(ca ? { ca: read(ca) } : {}),
      ...(auth?.certificate ? { cert: read(auth.certificate.cert), key: read(auth.certificate.key) } : {}),
    },
    lookup: lookupAllowed,
  };
}

/** RFC 7617. */
function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}
