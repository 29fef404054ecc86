import { storable } from '../policy/storable.ts';
import { Problem } from '../problem/problem.ts';
import { SERIN } from '../rollout/event.ts';
import { mayHoldHarm } from '../rollout/on-harm.ts';
import type { RolloutRecord } from '../rollout/record.ts';
import { orderFor } from '../rollout/split-order.ts';
import { isEnded } from '../rollout/state.ts';
import type { RolloutChange } from '../store/store.ts';
import { type Cause, changeFor } from './commit.ts';
import { owedEvent } from './memory.ts';
import { applyOrder } from './order.ts';
import type { ControllerPorts } from './ports.ts';

/**
 * Records what the gateway has already done, before anything else happens to the rollout: an operator's rollback that the
 * database could not record, a brake, or harm that holds. It does not wait for a look: a source that throws would block it forever.
 * Null when there was nothing to record; else the rollout as it is now.
 */
export async function settle(
  ports: ControllerPorts,
  record: RolloutRecord,
  leaseEpoch: number | null,
): Promise<RolloutRecord | null> {
  const { memory } = ports;
  const { id, route } = record.rollout;
  const wasUnrecorded = memory.unrecorded.has(id);
  const cause = await owed(ports, record);
  if (cause === null) return null;
  if (isEnded(record.rollout) || (cause.event.kind === 'harmHeld' && !mayHoldHarm(record.rollout))) {
    // The commit whose answer was lost had succeeded, or another process has led the rollout on meanwhile.
    forget(ports, record);
    await applyOrder(ports, orderFor(record.rollout));
    return record;
  }
  const change = await commitOwed(ports, record, cause, leaseEpoch);
  forget(ports, record);
  const after = { rollout: change.rollout, evidence: change.evidence };
  memory.looks.changed(after);
  const { actor, event, reason } = cause;
  const late = wasUnrecorded ? { doneAt: new Date(cause.at).toISOString() } : {};
  ports.log({ what: event.kind, rollout: id, route, by: actor.name, reason: reason || change.rollout.reason, ...late });
  await applyOrder(ports, orderFor(change.rollout));
  return after;
}

/** The same for rollouts that have ended without this process noticing: they are not looked at any more. */
export async function settleEnded(ports: ControllerPorts, active: readonly RolloutRecord[]): Promise<void> {
  const running = new Set(active.map(({ rollout }) => rollout.id));
  const { unrecorded, brakes, heldHarm } = ports.memory;
  for (const id of new Set([...unrecorded.keys(), ...brakes.keys(), ...heldHarm.keys()])) {
    if (running.has(id)) continue;
    try {
      const record = await ports.store.rollouts.find(id);
      if (record === null) {
        unrecorded.delete(id);
        brakes.delete(id);
        heldHarm.delete(id);
      } else await settle(ports, record, null);
    } catch (error) {
      // A damaged record cannot take an event; all traffic stays on the stable until it is repaired.
      ports.memory.looks.failed(id, error);
    }
  }
}

/** The rollback was acknowledged, so unstorable text is no reason to drop it: it is recorded without those characters. */
async function commitOwed(
  ports: ControllerPorts,
  record: RolloutRecord,
  cause: Cause,
  leaseEpoch: number | null,
): Promise<RolloutChange> {
  const commit = async (because: Cause) => {
    const change = changeFor(ports, record, because, leaseEpoch);
    await ports.store.rollouts.commit(change);
    return change;
  };
  try {
    return await commit(cause);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'invalid-input') throw error;
    return commit(storable(cause));
  }
}

async function owed({ memory, store }: ControllerPorts, { rollout }: RolloutRecord): Promise<Cause | null> {
  const done = memory.unrecorded.get(rollout.id);
  if (done) return { event: done.event, at: done.at, actor: done.by, reason: done.reason };
  const event = owedEvent(memory, rollout.id);
  if (event === null || rollout.stage.kind === 'preflight') return null;
  return { event, at: await memory.time.ask(store), actor: SERIN, reason: '' };
}

function forget({ memory }: ControllerPorts, { rollout }: RolloutRecord): void {
  memory.unrecorded.delete(rollout.id);
  memory.brakes.delete(rollout.id);
  memory.heldHarm.delete(rollout.id);
}
