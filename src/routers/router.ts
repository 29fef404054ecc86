import type { RouterCapabilities } from '../split/capabilities.ts';
import type { SplitOrder } from '../split/order.ts';

/** What is known of the split of a route. */
export interface ObservedSplit {
  readonly epoch: number;
  /** Since when, epoch ms. */
  readonly since: number;
  /**
   * `seen`: every live data plane serves it. `advised`: it was ordered, and nothing can tell whether it is followed: that is
   * as much as a router says that cannot see the split.
   */
  readonly basis: 'seen' | 'advised';
}

/**
 * Makes orders true for the routes that it was made with; for any other it throws Problem('not-found').
 * Apply and observe are two calls: a weight counts as applied when it was observed, not when it was ordered.
 */
export interface TrafficRouter {
  readonly capabilities: RouterCapabilities;
  /**
   * The same order twice is the same as once, and an older one changes nothing, in whatever order they arrive. Rejects when
   * the signal ends before the data plane has answered: then the order may still come into force.
   */
  apply(order: SplitOrder, signal: AbortSignal): Promise<void>;
  /** Null before the first order. Its epoch never goes back. */
  observe(route: string, signal: AbortSignal): Promise<ObservedSplit | null>;
}
