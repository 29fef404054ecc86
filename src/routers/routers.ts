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
const ROUTERS: Readonly<Record<RouterName, (parts: RouterParts, routes: () => readonly string[]) => TrafficRouter>> = {
  gateway: ({ gateway }) => localRouter(gateway),
  none: (_, routes) => noRouter(routes),
};

/** Sends each route's orders to the router that the file assigns to it now. */
export function routersOf(
  routes: () => readonly { readonly name: string; readonly router: RouterName }[],
  parts: RouterParts,
): Pick<TrafficRouter, 'apply' | 'observe'> {
  const namesOf = (kind: RouterName) => () =>
    routes()
      .filter(({ router }) => router === kind)
      .map(({ name }) => name);
  const byKind = new Map(ROUTER_NAMES.map((kind) => [kind, ROUTERS[kind](parts, namesOf(kind))]));
  const of = (route: string): TrafficRouter => {
    const declared = routes().find(({ name }) => name === route);
    const router = declared && byKind.get(declared.router);
    if (!router) throw new Problem('not-found', `The gateway has no route "${route}".`);
    return router;
  };
  return {
    apply: async (order, signal) => of(order.route).apply(order, signal),
    observe: async (route, signal) => of(route).observe(route, signal),
  };
}
