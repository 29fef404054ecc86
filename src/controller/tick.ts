import { DEFAULT_WELL } from '../policy/well-statuses.ts';
import { Problem } from '../problem/problem.ts';
import { decide } from '../rollout/decide.ts';
import { SERIN } from '../rollout/event.ts';
import type { RolloutRecord } from '../rollout/record.ts';
import { orderFor } from '../rollout/split-order.ts';
import { afterLook, changeFor, evidenceOnly } from './commit.ts';
import { withConsumers } from './consumers/consumer-looks.ts';
import { movingBack } from './consumers/moving-back.ts';
import { gather } from './gather.ts';
import { applyOrder } from './order.ts';
import type { ControllerPorts } from './ports.ts';
import { reconcile } from './reconcile.ts';
import { settle, settleEnded } from './settle.ts';
import { healthUrl } from './upstream.ts';

/** A look that fails at every tick is logged at first and then occasionally: /readyz, status and metrics show it all the time. */
export const LOGGED_EVERY = 60;

/**
 * One tick of one rollout: gather -> judge -> transition -> commit -> apply. Before the commit everything can be
 * discarded; after it everything can be redone. What the gateway has already done is recorded first.
 */
export async function tickRollout(
  ports: ControllerPorts,
  record: RolloutRecord,
  leaseEpoch: number,
  signal: AbortSignal,
): Promise<RolloutRecord> {
  const { memory } = ports;
  const settled = await settle(ports, record, leaseEpoch);
  if (settled !== null) return settled;
  const { rollout } = record;
  const at = await memory.time.ask(ports.store);
  const stepMs = memory.looks.stepMs(record, at);
  if (stepMs !== 0)
    ports.log({ what: 'clockSet', level: 'warn', rollout: rollout.id, route: rollout.route, byMs: stepMs });
  const gathered = await gather(ports, record, { at, stepMs }, signal);
  const evidence = await withConsumers(ports, { rollout, evidence: gathered }, at);
  const preflightFailure = rollout.stage.kind === 'preflight' ? await probeCanary(ports, record) : null;
  const braked = memory.brakes.get(rollout.id) ?? null;
  const event = decide(rollout, evidence, { at, braked, preflightFailure });

  if (event === null) {
    await ports.store.rollouts.commit(evidenceOnly(rollout, evidence, leaseEpoch));
    const after = { rollout, evidence };
    memory.looks.committed(after);
    await applyOrder(ports, orderFor(rollout), signal);
    return after;
  }
  const cause = { event, at, actor: SERIN, reason: '' };
  const change = afterLook(changeFor(ports, { rollout, evidence }, cause, leaseEpoch), evidence);
  const list = await movingBack(ports, rollout.route, event, at);
  await ports.store.rollouts.commit({ ...change, ...list });
  const after = { rollout: change.rollout, evidence: change.evidence };
  memory.looks.committed(after);
  ports.log({ what: event.kind, rollout: rollout.id, route: rollout.route, reason: change.rollout.reason });
  if (braked !== null) memory.brakes.delete(rollout.id);
  if (list.consumers) await ports.followConsumers(rollout.route);
  await applyOrder(ports, orderFor(change.rollout), signal);
  return after;
}

/** Every active rollout, separately: one that cannot be looked at holds up none of the others. */
export async function tick(
  ports: ControllerPorts,
  leaseEpoch: number,
  signal: AbortSignal,
): Promise<{ readonly promotions: number }> {
  const { looks, unapplied } = ports.memory;
  await reconcile(
    ports,
    signal,
    ports.routes.filter(({ name }) => unapplied.has(name)),
  );
  const active = await readRunning(ports);
  await settleEnded(ports, active);
  let promotions = 0;
  for (const record of active) {
    const { id, route } = record.rollout;
    try {
      const { stage } = (await tickRollout(ports, record, leaseEpoch, signal)).rollout;
      looks.well(id);
      if (stage.kind === 'promoted' || stage.kind === 'finalised') promotions += 1;
    } catch (error) {
      // Another change came first: the next tick sees it. If that never ends, the age of the look shows it.
      if (error instanceof Problem && error.code === 'stale') continue;
      if (!ports.memory.unapplied.has(route)) ports.memory.unapplied.set(route, { reason: null });
      const failures = looks.failed(id, error);
      if (failures % LOGGED_EVERY === 1) {
        ports.log({ what: 'lookFailed', level: 'error', rollout: id, route, failures, error });
      }
    }
  }
  return { promotions };
}

/** The running rollouts, which are remembered: the database may be away when they are asked for. */
export async function readRunning({ store, memory }: ControllerPorts): Promise<readonly RolloutRecord[]> {
  const { looks, time } = memory;
  const since = looks.changes;
  const active = await store.rollouts.list({ active: true, limit: 1_000 });
  const unreadable = await store.rollouts.unreadable();
  looks.keep(active, unreadable, await time.ask(store), since);
  return active;
}

function probeCanary(ports: ControllerPorts, { rollout }: RolloutRecord): Promise<string | null> {
  const route = ports.routes.find(({ name }) => name === rollout.route);
  const { path, status } = route?.health ?? { path: '/', status: DEFAULT_WELL };
  return ports.probe(healthUrl(rollout.canary, path), status);
}
