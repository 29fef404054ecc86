import type { ConfiguredRoute, ServerConfig } from '../config/config.ts';
import { routeMetrics } from '../config/route-metrics.ts';
import type { ConfiguredPrometheus, ConfiguredSource } from '../config/sources.ts';
import type { MeasurePort } from '../gateway/gateway.ts';
import { lookupAllowed } from '../gateway/upstream/upstream-address.ts';
import { resolveSecret } from '../identity/secrets.ts';
import { type CollectBlocks, gatewaySource } from '../metrics/gateway.ts';
import { type Endpoint, httpClient } from '../metrics/http.ts';
import { jsonValues } from '../metrics/json/json-values.ts';
import { type PrometheusClient, prometheusClient } from '../metrics/prometheus/client.ts';
import { prometheusValues } from '../metrics/prometheus/prometheus-values.ts';
import { prometheusSource } from '../metrics/prometheus/source.ts';
import type { QuerySource } from '../metrics/queries/query-source.ts';
import type { MetricsSource } from '../metrics/source.ts';
import { capabilitiesOf } from '../split/capabilities.ts';

/** The Prometheus sources of the file, by name. Throws Problem('invalid-input') when a secret is not there. */
export function openPrometheus(
  { sources }: ServerConfig,
  env: NodeJS.ProcessEnv,
): ReadonlyMap<string, PrometheusClient> {
  return new Map(
    Object.entries(sources).flatMap(([name, source]) =>
      source.kind === 'prometheus' ? [[name, openClient(name, source, env)]] : [],
    ),
  );
}

/** Where the values of query checks come from, by the names in the file. Throws Problem when a secret is not there. */
export function openQuerySources(
  { sources }: Pick<ServerConfig, 'sources'>,
  env: NodeJS.ProcessEnv,
): ReadonlyMap<string, QuerySource> {
  return new Map(Object.entries(sources).map(([name, source]) => [name, querySource(source, env)]));
}

/**
 * Asks for each route the source that the file gives it; the gateway's own where it gives none. Slices are the gateway's,
 * whoever measures the rest.
 */
export function routeSources(
  config: ServerConfig,
  clients: ReadonlyMap<string, PrometheusClient>,
  gateway: Pick<MeasurePort, 'collect' | 'slices'>,
): MetricsSource {
  const collect: CollectBlocks = (route, after, slowAfterMs) => gateway.collect(route, after, slowAfterMs);
  const own = gatewaySource(collect, (route) => gateway.slices(route));
  const byRoute = new Map(config.routes.map((route) => [route.name, sourceOf(config, route, clients, collect) ?? own]));
  const of = (route: string) => byRoute.get(route) ?? own;
  const carried = new Set(config.routes.flatMap((route) => (capabilitiesOf(route).gatewayCarries ? [route.name] : [])));
  return {
    name: 'by route',
    collect: (request, signal) => of(request.route).collect(request, signal),
    check: async (request, signal) => (await of(request.route).check?.(request, signal)) ?? [],
    slices: async (route) => (carried.has(route) ? gateway.slices(route) : []),
  };
}

function sourceOf(
  { sources }: ServerConfig,
  route: ConfiguredRoute,
  clients: ReadonlyMap<string, PrometheusClient>,
  collect: CollectBlocks,
): MetricsSource | null {
  const { source: name, metrics } = route;
  const { gatewayCarries, splitSeen } = capabilitiesOf(route);
  const client = name === undefined ? undefined : clients.get(name);
  const source = name === undefined ? undefined : sources[name];
  if (!client || !metrics || source?.kind !== 'prometheus') return null;
  return prometheusSource({
    client,
    intervalMs: source.interval,
    metrics: routeMetrics(metrics),
    gateway: gatewayCarries ? collect : null,
    splitSeen,
  });
}

function openClient(name: string, source: ConfiguredPrometheus, env: NodeJS.ProcessEnv): PrometheusClient {
  return prometheusClient({ name, ...endpointOf(source, env) });
}

function querySource(source: ConfiguredSource, env: NodeJS.ProcessEnv): QuerySource {
  const client = httpClient(endpointOf(source, env));
  switch (source.kind) {
    case 'prometheus':
      return prometheusValues(client, { scrapeMs: source.interval });
    case 'json':
      return jsonValues(client);
  }
}

/** How a declared source is reached. Throws Problem('invalid-input') when a secret is not there. */
export function endpointOf(source: ConfiguredSource, env: NodeJS.ProcessEnv): Endpoint {
  const { auth, ca } = source;
  const tenant = source.kind === 'prometheus' ? source.tenant : undefined;
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
