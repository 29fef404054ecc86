import type { RouterCapabilities } from '../split/capabilities.ts';
import type { SplitOrder } from '../split/order.ts';

/** What is known about the split of a route. */
export interface ObservedSplit {
  readonly epoch: number;
  /** Since when, epoch ms. */
  readonly since: number;
  /**
   * `seen`: every live data plane serves it. `advised`: it was ordered, and nothing can tell whether it is followed; a
   * router that cannot see the split never reports more.
   */
  readonly basis: 'seen' | 'advised';
}

/**
 * Carries out orders for the routes that it was created with; for any other it throws Problem('not-found').
 * Apply and observe are two calls: a weight counts as applied when it is observed, not when it is ordered.
 */
export interface TrafficRouter {
  readonly capabilities: RouterCapabilities;
  /**
   * Applying the same order twice is the same as once, and an older one changes nothing, in whatever order they arrive. Rejects
   * when the signal aborts before the data plane has answered: the order may still come into force.
   */
  apply(order: SplitOrder, signal: AbortSignal): Promise<void>;
  /** Null before the first order. Its epoch never goes back. */
  observe(route: string, signal: AbortSignal): Promise<ObservedSplit | null>;
}
