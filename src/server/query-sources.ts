import type { ServerConfig } from '../config/config.ts';
import type { ConfiguredSource } from '../config/sources.ts';
import { httpClient } from '../metrics/http.ts';
import { jsonValues } from '../metrics/json/json-values.ts';
import { prometheusValues } from '../metrics/prometheus/prometheus-values.ts';
import type { QuerySource } from '../metrics/queries/query-source.ts';
import { endpointOf } from './endpoint.ts';

/** Where the values of query checks come from, by the names in the file. Throws Problem when a secret is not there. */
export function openQuerySources(
  { sources }: Pick<ServerConfig, 'sources'>,
  env: NodeJS.ProcessEnv,
): ReadonlyMap<string, QuerySource> {
  return new Map(Object.entries(sources).map(([name, source]) => [name, querySource(source, env)]));
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
