import { Problem } from '../problem/problem.ts';
import { capabilitiesOf } from '../split/capabilities.ts';
import type { ObservedSplit, TrafficRouter } from './router.ts';

/**
 * `router: none`. Another system splits the traffic of these routes, and an order is only advice: it counts from when it was
 * given, because Serin cannot see when it is followed. After a restart it is given again.
 */
export function noRouter(routes: () => readonly string[], now: () => number = Date.now): TrafficRouter {
  const given = new Map<string, ObservedSplit>();
  const lastOf = (route: string): ObservedSplit | null => {
    if (!routes().includes(route)) throw new Problem('not-found', `No route "${route}" has router: none.`);
    return given.get(route) ?? null;
  };
  return {
    capabilities: capabilitiesOf({ router: 'none' }),
    async apply({ route, epoch }, signal) {
      signal.throwIfAborted();
      const last = lastOf(route);
      if (last === null || last.epoch < epoch) given.set(route, { epoch, since: now(), basis: 'advised' });
    },
    observe: async (route) => lastOf(route),
  };
}
