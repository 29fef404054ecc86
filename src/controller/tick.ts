import { Problem } from '../problem/problem.ts';
import { decide } from '../rollout/decide.ts';
import { SERIN } from '../rollout/event.ts';
import type { RolloutRecord } from '../rollout/record.ts';
import { orderFor } from '../rollout/split-order.ts';
import type { Rollout } from '../rollout/state.ts';
import { changeFor, evidenceOnly } from './commit.ts';
import { gather } from './gather.ts';
import type { ControllerPorts } from './ports.ts';
import { healthUrl } from './upstream.ts';

/** The brakes that the gateway pulled, by route: read here, cleared when the rollback they caused is committed. */
export type Brakes = Map<string, string>;

/**
 * One tick of one rollout: gather -> judge -> transition -> commit -> apply. Before the commit everything can be
 * thrown away; after it everything can be redone.
 */
export async function tickRollout(
  ports: ControllerPorts,
  record: RolloutRecord,
  leaseEpoch: number,
  brakes: Brakes,
  signal: AbortSignal,
): Promise<Rollout> {
  const { rollout } = record;
  const at = await ports.store.now();
  const evidence = await gather(ports, record, at, signal);
  const preflightFailure = rollout.stage.kind === 'preflight' ? await probeCanary(ports, record) : null;
  const braked = brakes.get(rollout.route) ?? null;
  const event = decide(rollout, evidence, { at, braked, preflightFailure });

  if (event === null) {
    await ports.store.rollouts.commit(evidenceOnly(rollout, evidence, leaseEpoch));
    await ports.router.apply(orderFor(rollout), signal);
    return rollout;
  }
  const change = changeFor(ports, { rollout, evidence }, { event, at, actor: SERIN, reason: '' }, leaseEpoch);
  await ports.store.rollouts.commit(change);
  ports.log({ what: event.kind, rollout: rollout.id, route: rollout.route, reason: change.rollout.reason });
  if (braked !== null) brakes.delete(rollout.route);
  await ports.router.apply(orderFor(change.rollout), signal);
  return change.rollout;
}

/** Every active rollout, each by itself: one that fails to be looked at holds nobody else up. */
export async function tick(
  ports: ControllerPorts,
  leaseEpoch: number,
  brakes: Brakes,
  signal: AbortSignal,
): Promise<{ readonly promotions: number }> {
  const active = await ports.store.rollouts.list({ active: true, limit: 1_000 });
  let promotions = 0;
  for (const record of active) {
    try {
      const after = await tickRollout(ports, record, leaseEpoch, brakes, signal);
      if (after.stage.kind === 'promoted' || after.stage.kind === 'finalised') promotions += 1;
    } catch (error) {
      if (error instanceof Problem && error.code === 'stale') continue;
      ports.log({ what: 'tickFailed', level: 'error', rollout: record.rollout.id, route: record.rollout.route, error });
    }
  }
  return { promotions };
}

function probeCanary(ports: ControllerPorts, { rollout }: RolloutRecord): Promise<string | null> {
  const route = ports.routes.find(({ name }) => name === rollout.route);
  return ports.probe(healthUrl(rollout.canary, route?.healthPath ?? '/'));
}
