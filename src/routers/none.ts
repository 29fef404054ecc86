import type { TrafficRouter } from './router.ts';

/**
 * Another router makes the split, and Serin only reports: an order is a recommendation, which is in force as soon as it was
 * given, because nothing here could see when it is followed. After a restart it is given again.
 */
export function noRouter(now: () => number = Date.now): TrafficRouter {
  const given = new Map<string, { readonly epoch: number; readonly since: number }>();
  return {
    async apply({ route, epoch }) {
      const last = given.get(route);
      if (last === undefined || last.epoch < epoch) given.set(route, { epoch, since: now() });
    },
    observe: (route) => Promise.resolve(given.get(route) ?? null),
  };
}
