import { Problem } from '../problem/problem.ts';
import { STILL_RUNS } from '../rollout/acts/acts.ts';
import { namingThoseLeft, rebasedOn } from '../rollout/acts/deed.ts';
import { REASON_TO_COME } from '../rollout/acts/preview.ts';
import type { RolloutCommands } from '../rollout/commands.ts';
import type { Actor, OverrideEvent } from '../rollout/event.ts';
import { ordered } from '../rollout/eyes/asked.ts';
import { noSuchRollout, type RolloutRecord } from '../rollout/record.ts';
import { whyNotAsRepair } from '../rollout/repair.ts';
import { orderFor } from '../rollout/split-order.ts';
import { isEnded } from '../rollout/state.ts';
import { capabilitiesOf } from '../split/capabilities.ts';
import { previewDeed } from './acts/preview.ts';
import { needsOldOf } from './acts/surroundings.ts';
import { doAtGateway } from './at-gateway.ts';
import { type Cause, changeFor } from './commit.ts';
import { applyOrder } from './order.ts';
import { hasFailed, soon } from './patience.ts';
import type { ControllerPorts } from './ports.ts';
import { settle } from './settle.ts';
import { loadedPolicy, startRollout } from './start.ts';

const TRIES = 5;

export function createCommands(ports: ControllerPorts): RolloutCommands {
  return {
    start: (command, by) => startRollout(ports, command, by),
    override: (id, event, by, reason, expectedVersion) =>
      overrideRollout(ports, id, event, { by, reason, expectedVersion }),
    async retry(id, by, reason) {
      const { rollout } = await existing(ports, id);
      if (!isEnded(rollout)) throw new Problem('refused', STILL_RUNS);
      const { route, canary, policy } = rollout;
      const started = await startRollout(
        ports,
        {
          route,
          canaryUrl: canary.url,
          version: canary.version,
          policy: policy.metadata.name,
          reason,
          replace: false,
          force: true,
        },
        by,
      );
      return started.record;
    },
    async rebase(id, by, reason, expectedVersion) {
      const { rollout } = await existing(ports, id);
      const loaded = loadedPolicy(ports, rollout.policy.metadata.name);
      return overrideRollout(ports, id, rebasedOn(loaded), { by, reason, expectedVersion });
    },
    preview: (id, deed, by, reason) => previewDeed(ports, id, deed, { by, reason: reason ?? REASON_TO_COME }),
  };
}

interface Who {
  readonly by: Actor;
  readonly reason: string;
  readonly expectedVersion: number | null;
  /** What is made of the list of consumers in the same transaction. */
  readonly consumers?: Cause['consumers'];
}

/**
 * Going back to the stable needs no database: if it does not answer soon, the gateway switches first, and that is recorded
 * before anything else happens to the rollout.
 */
async function overrideRollout(
  ports: ControllerPorts,
  id: string,
  event: OverrideEvent,
  who: Who,
): Promise<RolloutRecord> {
  const known = ports.memory.looks.find(id);
  if (known === null || !capabilitiesOf(known.rollout).gatewayCarries) return recordOverride(ports, id, event, who);
  if (event.kind !== 'rolledBack' && event.kind !== 'aborted') return recordOverride(ports, id, event, who);
  try {
    return await soon(recordOverride(ports, id, event, who));
  } catch (error) {
    if (!hasFailed(error)) throw error;
    ports.memory.unapplied.set(known.rollout.route, { reason: null });
    ports.log({ what: 'databaseAway', level: 'warn', rollout: id, route: known.rollout.route, error });
    return await doAtGateway(ports, known, event, who);
  }
}

/** A tick may commit between the read and the write: the override is decided again, on the version that the caller insists on. */
export async function recordOverride(
  ports: ControllerPorts,
  id: string,
  wanted: OverrideEvent,
  who: Who,
): Promise<RolloutRecord> {
  for (let attempt = 1; ; attempt += 1) {
    const found = await existing(ports, id);
    const record = (await settle(ports, found, null)) ?? found;
    if (who.expectedVersion !== null && record.rollout.version !== who.expectedVersion) {
      throw new Problem('stale', `the rollout has moved on: it is at version ${record.rollout.version}`);
    }
    const noRepair = whyNotAsRepair(record, wanted);
    if (noRepair !== null) throw new Problem('refused', noRepair);
    const at = await ports.memory.time.ask(ports.store);
    const listed = await ports.store.consumers.list(record.rollout.route);
    const needsOld = needsOldOf(record, listed);
    const event = ordered(record.rollout, namingThoseLeft(wanted, needsOld), at);
    const consumers = who.consumers && event.kind !== 'deedAsked' ? { consumers: who.consumers } : {};
    const cause = { event, at, actor: who.by, reason: who.reason, needsOld, ...consumers };
    const change = { ...changeFor(ports, record, cause, null), expectedLookedAt: record.evidence.lookedAt };
    try {
      await ports.store.rollouts.commit(change);
    } catch (error) {
      if (error instanceof Problem && error.code === 'stale' && attempt < TRIES) continue;
      throw error;
    }
    ports.log({ what: event.kind, rollout: id, route: change.rollout.route, by: who.by.name, reason: who.reason });
    const after = { rollout: change.rollout, evidence: change.evidence };
    ports.memory.looks.changed(after);
    await applyOrder(ports, orderFor(change.rollout));
    return after;
  }
}

async function existing(ports: ControllerPorts, id: string): Promise<RolloutRecord> {
  const record = await ports.store.rollouts.find(id);
  if (!record) throw noSuchRollout(id);
  return record;
}
