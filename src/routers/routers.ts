import { Problem } from '../problem/problem.ts';
import { ROUTER_NAMES, type RouterName } from '../split/capabilities.ts';
import { type LocalSplit, localRouter } from './local.ts';
import { noRouter } from './none.ts';
import type { TrafficRouter } from './router.ts';

/** What routers are built from. */
export interface RouterParts {
  readonly gateway: LocalSplit;
}

/** Every router, created for the routes that use it. */
const ROUTERS: Readonly<Record<RouterName, (parts: RouterParts, routes: readonly string[]) => TrafficRouter>> = {
  gateway: ({ gateway }) => localRouter(gateway),
  none: (_, routes) => noRouter(routes),
};

/** Sends each route's orders to the router that the file assigns to it. */
export function routersOf(
  routes: readonly { readonly name: string; readonly router: RouterName }[],
  parts: RouterParts,
): Pick<TrafficRouter, 'apply' | 'observe'> {
  const byRoute = new Map<string, TrafficRouter>();
  for (const kind of ROUTER_NAMES) {
    const names = routes.filter(({ router }) => router === kind).map(({ name }) => name);
    const router = ROUTERS[kind](parts, names);
    for (const name of names) byRoute.set(name, router);
  }
  const of = (route: string): TrafficRouter => {
    const router = byRoute.get(route);
    if (!router) throw new Problem('not-found', `The gateway has no route "${route}".`);
    return router;
  };
  return {
    apply: async (order, signal) => of(order.route).apply(order, signal),
    observe: async (route, signal) => of(route).observe(route, signal),
  };
}
