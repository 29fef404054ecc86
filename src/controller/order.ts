import { Problem } from '../problem/problem.ts';
import type { SplitOrder } from '../split/order.ts';
import type { ControllerPorts } from './ports.ts';

/** A data plane that takes longer holds no tick and no person up. */
const APPLY_MS = 5_000;

/**
 * Has the router make an order true. What it refuses, or does not answer in time, is asked for again at the next tick:
 * another order may have come first by then, and this one may come into force all the same.
 *
 * Callers have waited for the database, and a person or the gateway may have taken the canary back meanwhile. What is owed to
 * the record comes first then: the order knows nothing of it, and the tick that records it asks for the one that does.
 */
export async function applyOrder(
  { router, memory }: Pick<ControllerPorts, 'router' | 'memory'>,
  order: SplitOrder,
  signal?: AbortSignal,
): Promise<void> {
  const { route, rolloutId } = order;
  const postpone = () => memory.unapplied.set(route, { reason: memory.unapplied.get(route)?.reason ?? null });
  // Nothing is awaited between this and the router.
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
