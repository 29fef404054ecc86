import { guardsBrokenByStable } from '../../parity/guard-history.ts';
import type { StartedEvent } from '../../rollout/event.ts';
import { orderFor } from '../../rollout/split-order.ts';
import { begin } from '../../rollout/transition.ts';
import type { ControllerPorts } from '../ports.ts';

const SLOW_AFTER_MS = 1_000;

/**
 * Whether the policy's guards can hold on this route, by what the gateway still knows of the stable: a warning, or null. A start is not
 * refused for it: the canary may be what mends the stable. Nothing that goes wrong here keeps a rollout from starting.
 */
export async function guardWarning(
  { safeguard, log }: Pick<ControllerPorts, 'safeguard' | 'log'>,
  event: StartedEvent,
): Promise<string | null> {
  const { route, stable, canary, policy, splitEpoch: epoch } = event;
  const request = {
    route,
    after: null,
    slowAfterMs: SLOW_AFTER_MS,
    versions: { stable, canary },
    split: { epoch, canaryBps: 0, since: null },
    measure: orderFor(begin(event, 0)).measure,
    queries: {},
  };
  try {
    const collected = await safeguard.source.collect(request, AbortSignal.timeout(1_000));
    return collected.kind === 'blocks' ? guardsBrokenByStable(policy.spec.guards, collected.blocks) : null;
  } catch (error) {
    log({ what: 'safeguardFailed', level: 'warn', rollout: event.id, route, error });
    return null;
  }
}
