import { look } from '../../src/judge/judge.ts';
import type { Policy } from '../../src/policy/schema.ts';
import { decide, type Facts } from '../../src/rollout/decide.ts';
import { type MachineEvent, type OverrideEvent, SERIN } from '../../src/rollout/event.ts';
import { type Evidence, evidenceAfterLook, noEvidence, resetEvidence } from '../../src/rollout/evidence.ts';
import { stepContext } from '../../src/rollout/plan.ts';
import { isEnded, type Rollout } from '../../src/rollout/state.ts';
import { begin, transition } from '../../src/rollout/transition.ts';
import type { PulledBrake } from '../../src/split/order.ts';
import type { Block, Tally } from '../../src/stats/block.ts';
import type { Random } from './random.ts';
import { startedEvent, T0 } from './rollouts.ts';
import { type Behaviour, NO_TALLY, simulateBlock } from './simulated-traffic.ts';

const TICK_MS = 5_000;

/** What happens in one tick besides the traffic of the versions. */
export interface Happenings {
  readonly stable: Behaviour;
  readonly canary: Behaviour;
  readonly forced: Pick<Tally, 'requests' | 'errors'>;
  /** Why nothing was measured; null where something was. */
  readonly unusable: string | null;
  readonly applied: boolean;
  readonly preflightFailure: string | null;
  readonly braked: PulledBrake | null;
  /** What a person does before the look. */
  readonly override: OverrideEvent | null;
}

/** One tick of a rollout: what it decides, from which evidence, and what follows. */
export interface Tick {
  readonly rollout: Rollout;
  readonly evidence: Evidence;
  readonly facts: Facts;
  readonly event: MachineEvent | null;
  readonly after: Rollout;
}

/** A whole rollout through judge, decisions and transitions, on virtual time and without a store, until it ends. */
export function* watchedRollout(
  policy: Policy,
  random: Random,
  ticks: number,
  happenings: (rollout: Rollout) => Happenings,
): Generator<Tick> {
  let rollout = begin(startedEvent(policy), T0);
  let evidence = noEvidence(policy, T0);
  for (let tick = 1; tick <= ticks && !isEnded(rollout); tick += 1) {
    const at = T0 + tick * TICK_MS;
    const world = happenings(rollout);
    if (world.override !== null) ({ rollout, evidence } = applied(rollout, evidence, world.override, at));
    const seen = seenAt(rollout, evidence, world, random, at);
    const facts = { at, braked: world.braked, preflightFailure: world.preflightFailure };
    const event = decide(rollout, seen, facts);
    const next = event === null ? { rollout, evidence: seen } : applied(rollout, seen, event, at);
    yield { rollout, evidence: seen, facts, event, after: next.rollout };
    ({ rollout, evidence } = next);
  }
}

function seenAt(rollout: Rollout, evidence: Evidence, world: Happenings, random: Random, at: number): Evidence {
  const { unusable, applied: isApplied } = world;
  const blocks = unusable === null ? [blockAt(rollout, world, random, at)] : null;
  const step = stepContext(rollout, evidence.appliedAt);
  const { policy, skippedChecks } = rollout;
  const seen = step && look(policy, evidence.judge, { at, blocks, unusable, step, skippedChecks });
  return evidenceAfterLook(rollout, evidence, {
    at,
    tickMs: TICK_MS,
    stepMs: 0,
    look: seen,
    blocks,
    cursor: null,
    applied: isApplied,
  });
}

function blockAt(rollout: Rollout, { stable, canary, forced }: Happenings, random: Random, at: number): Block {
  const { splitEpoch, canaryBps } = rollout;
  const span = { startedAt: at - TICK_MS, durationMs: TICK_MS, splitEpoch, canaryBps, requestsPerSecond: 200 };
  const block = simulateBlock(random, span, stable, canary);
  return { ...block, forced: { stable: NO_TALLY, canary: { ...NO_TALLY, ...forced } } };
}

/** After an event; as it was where the event is refused. */
function applied(rollout: Rollout, evidence: Evidence, event: MachineEvent | OverrideEvent, at: number) {
  const moved = transition(rollout, event, { at, actor: SERIN, reason: 'because' });
  if (moved.kind === 'refused') return { rollout, evidence };
  return { rollout: moved.rollout, evidence: resetEvidence(evidence, moved.evidence, moved.rollout, at) };
}
