import { Problem } from '../problem/problem.ts';
import type { SplitOrder } from '../split/order.ts';
import type { ControllerPorts } from './ports.ts';

/** A slower data plane does not hold up the tick or the operator. */
const APPLY_MS = 5_000;

/**
 * Has the router carry out an order. If it refuses, or does not answer in time, the order is repeated at the next tick:
 * another order may have come first by then, and this one may still come into force.
 *
 * Callers have waited for the database, and an operator or the gateway may have rolled the canary back meanwhile. That must be
 * recorded first: this order does not know of it, and the tick that records it issues the right one.
 */
export async function applyOrder(
  { router, memory }: Pick<ControllerPorts, 'router' | 'memory'>,
  order: SplitOrder,
  signal?: AbortSignal,
): Promise<void> {
  const { route, rolloutId } = order;
  memory.stables.set(route, order.stable);
  const postpone = () => memory.unapplied.set(route, { reason: memory.unapplied.get(route)?.reason ?? null });
  // Do not await anything between this check and the router.
  if (rolloutId !== null && (memory.brakes.has(rolloutId) || memory.unrecorded.has(rolloutId))) {
    postpone();
    return;
  }
  const inTime = AbortSignal.timeout(APPLY_MS);
  try {
    await router.apply(order, signal ? AbortSignal.any([signal, inTime]) : inTime);
  } catch (error) {
    postpone();
    if (!inTime.aborted) throw error;
    throw new Problem('unavailable', `The router did not apply the split of ${route} within ${APPLY_MS / 1_000} s.`);
  }
}
