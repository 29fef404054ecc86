import { Problem } from '../problem/problem.ts';
import type { Actor } from '../rollout/event.ts';
import type { RolloutRecord } from '../rollout/record.ts';
import { orderFor } from '../rollout/split-order.ts';
import { changeFor } from './commit.ts';
import type { Unrecorded } from './memory.ts';
import type { ControllerPorts } from './ports.ts';

/**
 * Handles a rollback or abort ordered while the database is away: all traffic goes to the stable now, the record follows.
 * Only what the transition would allow for the last known state of the rollout. If ordered twice, the first order stands.
 */
export async function doAtGateway(
  ports: ControllerPorts,
  known: RolloutRecord,
  event: Unrecorded['event'],
  who: { readonly by: Actor; readonly reason: string; readonly expectedVersion: number | null },
): Promise<RolloutRecord> {
  const { memory, safeguard } = ports;
  const { id, route, version } = known.rollout;
  const order = orderFor(known.rollout);
  if (memory.unrecorded.has(id)) {
    // The first order may still be in progress, and may fail: do not report success before it is done.
    await safeguard.toStable(order);
    if (memory.unrecorded.has(id)) return known;
  }
  if (who.expectedVersion !== null && version !== who.expectedVersion) {
    throw new Problem('stale', `the rollout has moved on: it is at version ${version}`);
  }
  const at = memory.time.estimate();
  const change = changeFor(ports, known, { event, at, actor: who.by, reason: who.reason }, null);
  // Owed from now on: nothing that happens in between may give the canary traffic.
  memory.unrecorded.set(id, { event, at, by: who.by, reason: who.reason });
  try {
    await safeguard.toStable(order);
  } catch (error) {
    memory.unrecorded.delete(id);
    throw error;
  }
  memory.messages.add(change.deliveries);
  ports.log({
    what: event.kind,
    level: 'warn',
    rollout: id,
    route,
    by: who.by.name,
    reason: who.reason,
    recorded: false,
  });
  return known;
}
