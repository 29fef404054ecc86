import { formatSpan } from '../parity/figures.ts';
import { SERIN } from '../rollout/event.ts';
import { type Evidence, noEvidence } from '../rollout/evidence.ts';
import { heldInstead } from '../rollout/on-harm.ts';
import type { RolloutRecord } from '../rollout/record.ts';
import { orderFor } from '../rollout/split-order.ts';
import { isEnded } from '../rollout/state.ts';
import { capabilitiesOf } from '../split/capabilities.ts';
import { changeFor } from './commit.ts';
import { gather } from './gather.ts';
import { owedEvent } from './memory.ts';
import type { ControllerPorts } from './ports.ts';

/** In-memory evidence about a rollout, beyond what is committed. */
export type Weighed = Map<string, Evidence>;

/**
 * Watches rollouts that have gone too long without a look, or whose looks could not be committed: the same
 * judge on the gateway's own figures, in memory. It can do one thing: send all traffic to the stable, which the
 * database records as an ordinary brake, once it answers. Where harm holds (`onHarm: hold`) the canary cannot be taken back: it keeps
 * its weight, which nothing but a ramp that is under way raises without the database, and the page goes out at once. What was found is recorded first of all.
 *
 * If the gateway measures a rollout anyway, the judge goes on from the committed evidence, so that this takes
 * nothing from its error budget. If another source does, it starts from nothing, with its own budget.
 */
export async function watchOver(ports: ControllerPorts, weighed: Weighed, signal: AbortSignal): Promise<void> {
  const { memory, safeguard } = ports;
  const known = memory.looks.known();
  const ids = new Set(known.map(({ rollout }) => rollout.id));
  for (const id of weighed.keys()) if (!ids.has(id)) weighed.delete(id);
  for (const record of known) {
    const { id, route } = record.rollout;
    const { gatewayCarries } = capabilitiesOf(record.rollout);
    const agoMs = memory.looks.standing(id)?.agoMs ?? 0;
    if (agoMs < safeguard.blindAfterMs || !gatewayCarries || isEnded(record.rollout)) {
      weighed.delete(id);
      continue;
    }
    try {
      if (!memory.unrecorded.has(id)) await weigh(ports, record, weighed, agoMs, signal);
    } catch (error) {
      ports.log({ what: 'safeguardFailed', level: 'error', rollout: id, route, error });
    }
  }
  // A slow pager must not delay the protection of other rollouts.
  void memory.messages.send(ports);
}

async function weigh(
  ports: ControllerPorts,
  record: RolloutRecord,
  weighed: Weighed,
  agoMs: number,
  signal: AbortSignal,
): Promise<void> {
  const { memory, safeguard, router, tickMs } = ports;
  const { rollout } = record;
  const { id, route, stage } = rollout;
  if (stage.kind !== 'step' && stage.kind !== 'bake') return;
  if (!memory.brakes.has(id) && !memory.heldHarm.has(id)) {
    const at = memory.time.estimate();
    const before = weighed.get(id) ?? committedEvidence(ports, record, at);
    const parts = { source: safeguard.source, router, tickMs };
    const evidence = await gather(parts, { rollout, evidence: before }, { at, stepMs: 0 }, signal);
    weighed.set(id, evidence);
    const { verdict } = evidence;
    if (verdict?.name !== 'harmful') return;
    const found = `found by the gateway while no look could be recorded for ${formatSpan(agoMs)}`;
    const harm = { kind: 'canaryJudgedHarmful', reason: verdict.reason, verdict } as const;
    const held = heldInstead(rollout, verdict, harm, at);
    // It is held already, and was paged for.
    if (held === null) return;
    const { reason } = verdict;
    if (held.kind === 'harmHeld') {
      memory.heldHarm.set(id, { ...held, reason: `${held.reason}; ${found}` });
      ports.log({ what: 'harmHeld', level: 'warn', rollout: id, route, reason, recorded: false });
    } else {
      await safeguard.toStable(orderFor(rollout));
      memory.brakes.set(id, { reason: `${reason}; ${found}`, blames: 'canary' });
      ports.log({ what: 'canaryBraked', level: 'warn', rollout: id, route, reason, recorded: false });
    }
  }
  // A brake that the gateway pulled by itself is waiting to be recorded too.
  const event = owedEvent(memory, id);
  if (event === null) return;
  const cause = { event, at: memory.time.estimate(), actor: SERIN, reason: '' };
  memory.messages.add(changeFor(ports, record, cause, null).deliveries);
}

function committedEvidence({ routes }: ControllerPorts, { rollout, evidence }: RolloutRecord, at: number): Evidence {
  const measured = routes.find(({ name }) => name === rollout.route)?.evidence ?? 'gateway';
  return measured === 'gateway' ? evidence : noEvidence(rollout.policy, at);
}
