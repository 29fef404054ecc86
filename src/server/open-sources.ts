import type { ConfiguredRoute, ServerConfig } from '../config/config.ts';
import { routeMetrics } from '../config/route-metrics.ts';
import type { ConfiguredPrometheus } from '../config/sources.ts';
import type { MeasurePort } from '../gateway/gateway.ts';
import type { CollectBlocks } from '../metrics/gateway.ts';
import { gatewaySource } from '../metrics/gateway.ts';
import { type PrometheusClient, prometheusClient } from '../metrics/prometheus/client.ts';
import { prometheusSource } from '../metrics/prometheus/source.ts';
import type { MetricsSource } from '../metrics/source.ts';
import { capabilitiesOf } from '../split/capabilities.ts';
import { endpointOf } from './endpoint.ts';

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
    slices: (route) => (carried.has(route) ? gateway.slices(route) : []),
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
