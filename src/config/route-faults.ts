import { capabilitiesOf } from '../split/capabilities.ts';
import type { ConfiguredRoute, ServerConfig } from './config.ts';
import { ownStableFault } from './listener-faults.ts';
import { routeSchema } from './route-schema.ts';

export interface RouteFault {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Faults between a route and the rest of the file. */
export function routeFaults(config: ServerConfig): readonly RouteFault[] {
  const { routes, sources } = config;
  const names = routes.map(({ name }) => name);
  return routes.flatMap((route, at) => [
    ...(names.indexOf(route.name) === at
      ? []
      : [{ path: ['routes', at, 'name'], message: `the route ${route.name} is declared twice` }]),
    ...[
      ...placeFaults(route, routes.slice(0, at)),
      ...stableFaults(route, config),
      ...templateFaults(route),
      ...forceFaults(route),
      ...stickyFaults(route),
      ...proxyFaults(route, config),
      ...sourceFaults(route, sources),
    ].map(({ path, message }) => ({ path: ['routes', at, ...path], message })),
  ]);
}

/** The same places among a file's individually valid routes, when other routes or the rest of the file are invalid. */
export function placeFaultsAmong(file: unknown): readonly RouteFault[] {
  const declared: unknown = Object(file)['routes'];
  const read = Array.isArray(declared) ? declared.map((route: unknown) => routeSchema.safeParse(route).data) : [];
  return read.flatMap((route, at) => {
    const before = read.slice(0, at).filter((one) => one !== undefined);
    return route
      ? placeFaults(route, before).map(({ path, message }) => ({ path: ['routes', at, ...path], message }))
      : [];
  });
}

/** Hosts and paths arrive in their normal form, so equal places have equal text. */
function placeFaults(route: ConfiguredRoute, before: readonly ConfiguredRoute[]): readonly RouteFault[] {
  if (!capabilitiesOf(route).gatewayCarries) return [];
  const first = before.find((earlier) => {
    return capabilitiesOf(earlier).gatewayCarries && earlier.host === route.host && earlier.path === route.path;
  });
  if (!first) return [];
  const host = route.host === undefined ? 'any host' : `the host ${route.host}`;
  const place = `the path ${route.path} of ${host}`;
  return [{ path: ['path'], message: `the routes ${first.name} and ${route.name} both take ${place}` }];
}

function stableFaults(route: ConfiguredRoute, config: ServerConfig): readonly RouteFault[] {
  const fault = ownStableFault(route, config);
  return fault === null ? [] : [{ path: ['stable'], message: fault }];
}

/** A value cannot be both a version's name and a key. */
function forceFaults({ name, forceHeader, consumerKey, sticky }: ConfiguredRoute): readonly RouteFault[] {
  const force = (typeof forceHeader === 'string' ? forceHeader : forceHeader.name).toLowerCase();
  if (typeof forceHeader !== 'string' && forceHeader.canary.toLowerCase() === forceHeader.stable?.toLowerCase()) {
    const message = `route ${name} has one value of ${force} for both versions`;
    return [{ path: ['forceHeader', 'stable'], message }];
  }
  const isKey = consumerKey !== undefined && consumerKey.kind !== 'query' && consumerKey.name === force;
  if (!isKey && !(sticky?.kind === 'header' && sticky.name === force)) return [];
  const other = isKey ? 'consumerKey' : 'sticky';
  return [{ path: ['forceHeader'], message: `route ${name} has ${force} for its forceHeader and for its ${other}` }];
}

/** Without a key no request has a consumer, and each would be assigned at random. */
function stickyFaults(route: ConfiguredRoute): readonly RouteFault[] {
  const { name, sticky, consumerKey } = route;
  if (sticky?.kind !== 'consumer' || consumerKey || !capabilitiesOf(route).gatewayCarries) return [];
  const message = `route ${name} is sticky by consumer, but does not say where a consumer's key is (consumerKey)`;
  return [{ path: ['sticky'], message }];
}

/** Where no proxy is trusted, no request would have a consumer. */
function proxyFaults({ name, consumerKey }: ConfiguredRoute, { gateway }: ServerConfig): readonly RouteFault[] {
  if (consumerKey?.kind !== 'header' || consumerKey.from === undefined || gateway.trustedProxies.length > 0) return [];
  const message = `route ${name} takes its consumers from trusted proxies, and gateway.trustedProxies names none`;
  return [{ path: ['consumerKey', 'from'], message }];
}

/** A template is matched against the path that the client requests, and a route only sees paths below its own. */
function templateFaults({ name, path, templates }: ConfiguredRoute): readonly RouteFault[] {
  return templates.flatMap((template, at) => {
    const shape = template.replace(/\{[^}]*\}/g, '{}');
    const same = templates.slice(0, at).find((earlier) => earlier.replace(/\{[^}]*\}/g, '{}') === shape);
    if (same !== undefined) {
      return [{ path: ['templates', at], message: `the template ${template} means the same as ${same}` }];
    }
    if (isBelow(template, path)) return [];
    const meant = template === '/' ? path : path + template;
    const message = `the template ${template} fits no path of route ${name}, which all begin with ${path}: write ${meant}`;
    return [{ path: ['templates', at], message }];
  });
}

function isBelow(template: string, path: string): boolean {
  const segments = segmentsOf(template);
  return segmentsOf(path).every((segment, at) => segments[at] === segment || segments[at]?.startsWith('{'));
}

function segmentsOf(path: string): readonly string[] {
  return path.split('/').filter((segment) => segment !== '');
}

function sourceFaults(route: ConfiguredRoute, sources: ServerConfig['sources']): readonly RouteFault[] {
  const { name, source, metrics } = route;
  if (source === undefined) {
    const unasked = metrics ? [{ path: ['metrics'], message: `route ${name} has metrics, but no source` }] : [];
    const unseen = `route ${name} needs a source, because the gateway sees none of its traffic`;
    return capabilitiesOf(route).gatewayCarries ? unasked : [...unasked, { path: ['router'], message: unseen }];
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
