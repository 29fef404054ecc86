import { capabilitiesOf } from '../split/capabilities.ts';
import type { SplitOrder } from '../split/order.ts';
import type { TrafficRouter } from './router.ts';

/** The gateway's side of a split, passed in because adapters never import a plane. */
export interface LocalSplit {
  /** Ignores an order with an older epoch than the one in force. */
  setSplit(order: SplitOrder): Promise<void>;
  appliedSplit(
    route: string,
  ): Promise<{ readonly epoch: number; readonly since: number; readonly onTrial?: true } | null>;
}

/**
 * The gateway of this process as a router: an order is in force once `apply` has resolved, by one pointer swap. It is not while the
 * stable serves everybody for a trial: that time is no dwell.
 */
export function localRouter(split: LocalSplit): TrafficRouter {
  return {
    capabilities: capabilitiesOf({ router: 'gateway' }),
    apply: (order, signal) => untilAborted(signal, () => split.setSplit(order)),
    async observe(route, signal) {
      const applied = await untilAborted(signal, () => split.appliedSplit(route));
      if (applied === null || applied.onTrial) return null;
      return { epoch: applied.epoch, since: applied.since, basis: 'seen' };
    },
  };
}

/** Stops waiting once the signal is aborted; the work continues. */
async function untilAborted<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort);
  try {
    return await Promise.race([work(), aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
