import type { GatewayRoute } from '../gateway/gateway.ts';
import type { Upstream } from '../split/order.ts';
import type { ConfiguredRoute } from './config.ts';
import { stickinessOf } from './stickiness.ts';
import { routeTimeouts } from './timeouts.ts';

/** A route of `serin.yaml` as the controller sees it. */
export function controllerRoute(route: ConfiguredRoute) {
  const evidence: 'gateway' | 'elsewhere' = route.source === undefined ? 'gateway' : 'elsewhere';
  return {
    name: route.name,
    stable: declaredStable(route),
    policy: route.policy,
    health: route.health,
    router: route.router,
    evidence,
    sticky: stickinessOf(route)?.says ?? null,
    isProbed: route.probes !== undefined,
    isMirrored: route.mirror?.compare ?? false,
    isLogged: route.logs !== undefined,
  };
}

/** The same route as the gateway sees it. */
export function gatewayRoute(route: ConfiguredRoute): GatewayRoute {
  return {
    name: route.name,
    prefix: route.path,
    host: route.host ?? null,
    stable: declaredStable(route),
    rewrite: route.rewrite,
    hostHeader: route.hostHeader,
    redirects: route.redirects,
    encodedSlash: route.encodedSlash,
    sticky: route.sticky ?? { kind: 'request' },
    ...(route.sticky ? {} : { formerSticky: { kind: 'client-address' } }),
    consumerKey: route.consumerKey ?? null,
    ...forceHeaderOf(route),
    ...(route.force ? { forceRule: route.force } : {}),
    unfollowedForce: route.unfollowedForce,
    showVersion: route.showVersion,
    ...mirrorOf(route),
    templates: route.templates,
    timeouts: routeTimeouts(route),
  };
}

function forceHeaderOf({ forceHeader }: ConfiguredRoute): Pick<GatewayRoute, 'forceHeader' | 'forceWords'> {
  if (typeof forceHeader === 'string') return { forceHeader: forceHeader.toLowerCase() };
  const { name, canary, stable = null } = forceHeader;
  return { forceHeader: name.toLowerCase(), forceWords: { canary, stable } };
}

function mirrorOf({ mirror }: ConfiguredRoute): Pick<GatewayRoute, 'mirror'> {
  if (mirror === undefined) return {};
  const { timeout, ...rule } = mirror;
  return { mirror: { ...rule, timeoutMs: timeout } };
}

function declaredStable({ stable }: ConfiguredRoute): Upstream {
  return { url: new URL(stable.url).href, version: stable.version ?? 'stable' };
}
