import type { ServerConfig } from '../config/config.ts';
import type { TrafficRouter } from '../routers/router.ts';

/** Sends each route's orders to the router that the file gives it. */
export function routeRouters(
  { routes }: ServerConfig,
  routers: Readonly<Record<'gateway' | 'none', TrafficRouter>>,
): TrafficRouter {
  const chosen = new Map(routes.map(({ name, router }) => [name, routers[router]]));
  const of = (route: string) => chosen.get(route) ?? routers.gateway;
  return {
    apply: (order, signal) => of(order.route).apply(order, signal),
    observe: (route, signal) => of(route).observe(route, signal),
  };
}
