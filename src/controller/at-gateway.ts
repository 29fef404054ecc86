import { Problem } from '../problem/problem.ts';
import type { Actor } from '../rollout/event.ts';
import type { RolloutRecord } from '../rollout/record.ts';
import { orderFor } from '../rollout/split-order.ts';
import { changeFor } from './commit.ts';
import type { Unrecorded } from './memory.ts';
import type { ControllerPorts } from './ports.ts';

/**
 * What a person asks for while the database is away: everything to the stable now, the record later. It may be only what the
 * transition would allow of the rollout as it was last known. Done twice, the first stands.
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
    // The first may still be on its way, and may fail: nobody is told that it is done before it is.
    await safeguard.toStable(order);
    if (memory.unrecorded.has(id)) return known;
  }
  if (who.expectedVersion !== null && version !== who.expectedVersion) {
    throw new Problem('stale', `the rollout has moved on: it is at version ${version}`);
  }
  const at = memory.time.estimate();
  const change = changeFor(ports, known, { event, at, actor: who.by, reason: who.reason }, null);
  // Owed from now on: what comes between must not give the canary anything.
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
