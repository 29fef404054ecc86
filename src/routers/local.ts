import { capabilitiesOf } from '../split/capabilities.ts';
import type { SplitOrder } from '../split/order.ts';
import type { TrafficRouter } from './router.ts';

/** The gateway's side of a split, handed in because adapters never import a plane. */
export interface LocalSplit {
  setSplit(order: SplitOrder): void;
  appliedSplit(route: string): { readonly epoch: number; readonly since: number } | null;
}

/** The gateway of this process as a router: an order is in force when `apply` returns, by one pointer swap. */
export function localRouter(split: LocalSplit): TrafficRouter {
  return {
    capabilities: capabilitiesOf({ router: 'gateway' }),
    async apply(order) {
      const applied = split.appliedSplit(order.route);
      if (applied === null || applied.epoch < order.epoch) split.setSplit(order);
    },
    async observe(route) {
      const applied = split.appliedSplit(route);
      return applied && { ...applied, basis: 'seen' };
    },
  };
}
