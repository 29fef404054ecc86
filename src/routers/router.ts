import type { SplitOrder } from '../split/order.ts';

/** Apply and observe are two calls: a weight counts as applied when it was observed, not when it was ordered. */
export interface TrafficRouter {
  apply(order: SplitOrder, signal: AbortSignal): Promise<void>;
  /** The epoch that every live data plane serves for the route, and since when (epoch ms); null when none does. */
  observe(route: string, signal: AbortSignal): Promise<{ readonly epoch: number; readonly since: number } | null>;
}
