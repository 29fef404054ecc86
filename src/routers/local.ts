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
    async apply(order) {
      const applied = split.appliedSplit(order.route);
      if (applied === null || applied.epoch < order.epoch) split.setSplit(order);
    },
    observe: (route) => Promise.resolve(split.appliedSplit(route)),
  };
}
