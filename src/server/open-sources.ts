import { lookupAllowed } from '../gateway/upstream-address.ts';
import type { CollectBlocks } from '../metrics/gateway.ts';
import { gatewaySource } from '../metrics/gateway.ts';
import { type PrometheusClient, prometheusClient } from '../metrics/prometheus/client.ts';
import { prometheusSource } from '../metrics/prometheus/source.ts';
import type { MetricsSource } from '../metrics/source.ts';
import type { ConfiguredRoute, ServerConfig } from './config.ts';
import { routeMetrics } from './route-metrics.ts';
import { resolveSecret } from './secrets.ts';
import type { ConfiguredPrometheus } from './sources.ts';

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

/** Asks for each route the source that the file gives it; the gateway's own where it gives none. */
export function routeSources(
  config: ServerConfig,
  clients: ReadonlyMap<string, PrometheusClient>,
  collect: CollectBlocks,
): MetricsSource {
  const own = gatewaySource(collect);
  const byRoute = new Map(config.routes.map((route) => [route.name, sourceOf(config, route, clients, collect) ?? own]));
  return {
    name: 'by route',
    collect: (request, signal) => (byRoute.get(request.route) ?? own).collect(request, signal),
  };
}

function sourceOf(
  { sources }: ServerConfig,
  { source: name, metrics, router }: ConfiguredRoute,
  clients: ReadonlyMap<string, PrometheusClient>,
  collect: CollectBlocks,
): MetricsSource | null {
  const client = name === undefined ? undefined : clients.get(name);
  const source = name === undefined ? undefined : sources[name];
  if (!client || !metrics || source?.kind !== 'prometheus') return null;
  return prometheusSource({
    client,
    intervalMs: source.interval,
    metrics: routeMetrics(metrics),
    gateway: router === 'gateway' ? collect : null,
  });
}

function openClient(name: string, source: ConfiguredPrometheus, env: NodeJS.ProcessEnv): PrometheusClient {
  const { auth, tenant, ca } = source;
  const read = (reference: string) => resolveSecret(reference, env);
  const authorization = auth?.bearer
    ? `Bearer ${read(auth.bearer)}`
    : auth?.basic
      ? `Basic ${Buffer.from(`${auth.basic.username}:${read(auth.basic.password)}`).toString('base64')}`
      : null;
  return prometheusClient({
    name,
    url: source.url,
    timeoutMs: source.timeout,
    maxAnswerBytes: source.maxAnswerBytes,
    headers: {
      ...(authorization === null ? {} : { authorization }),
      ...(tenant ? { [tenant.header]: tenant.value } : {}),
    },
    tls: {
      ...(ca ? { ca: read(ca) } : {}),
      ...(auth?.certificate ? { cert: read(auth.certificate.cert), key: read(auth.certificate.key) } : {}),
    },
    lookup: lookupAllowed,
  });
}
