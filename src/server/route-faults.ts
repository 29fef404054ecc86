import type { ConfiguredRoute, ServerConfig } from './config.ts';

export interface RouteFault {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** What is wrong between a route and the rest of the file. */
export function routeFaults({ routes, sources }: ServerConfig): readonly RouteFault[] {
  const names = routes.map(({ name }) => name);
  return routes.flatMap((route, at) => [
    ...(names.indexOf(route.name) === at
      ? []
      : [{ path: ['routes', at, 'name'], message: `the route ${route.name} is declared twice` }]),
    ...sourceFaults(route, sources).map(({ path, message }) => ({ path: ['routes', at, ...path], message })),
  ]);
}

function sourceFaults(
  { name, source, metrics, router }: ConfiguredRoute,
  sources: ServerConfig['sources'],
): readonly RouteFault[] {
  if (source === undefined) {
    const unasked = metrics ? [{ path: ['metrics'], message: `route ${name} has metrics, but no source` }] : [];
    const unseen = `route ${name} needs a source, because the gateway sees none of its traffic`;
    return router === 'none' ? [...unasked, { path: ['router'], message: unseen }] : unasked;
  }
  const known = Object.keys(sources);
  const declared = sources[source];
  if (!declared) {
    const there = known.length === 0 ? 'the file declares none' : `there are ${known.join(', ')}`;
    return [{ path: ['source'], message: `route ${name} names the source ${source}; ${there}` }];
  }
  if (declared.kind !== 'prometheus') {
    return [
      { path: ['source'], message: `the source ${source} answers query checks only; a route needs a prometheus` },
    ];
  }
  if (metrics) return [];
  return [{ path: ['source'], message: `route ${name} has a source, but does not say which metrics are its own` }];
}
