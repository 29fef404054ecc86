import type { Verdict } from '../judge/verdict.ts';
import { termsOf } from '../parity/each-check.ts';
import type { OnHarm } from '../policy/schema.ts';
import { formatBps } from '../policy/units.ts';
import type { MachineEvent } from './event.ts';
import { changed, pausedBy, refused, type Transition, type TransitionContext } from './move.ts';
import { currentStep } from './plan.ts';
import { weightInForce } from './split-order.ts';
import type { Rollout } from './state.ts';

/**
 * What harm leads to: the check that carries the verdict says so, else the step, else the policy. `hold` is for changes that
 * cannot go back.
 */
export function onHarm(rollout: Rollout, verdict: Verdict | null): OnHarm {
  const { policy } = rollout;
  const check = verdict?.leads ?? verdict?.worst ?? null;
  const ofCheck = check === null ? undefined : termsOf(policy, check)?.onHarm;
  return ofCheck ?? currentStep(rollout)?.onHarm ?? policy.spec.onHarm;
}

/** The event, or what takes its place where harm holds at a time (epoch ms). The brake of the gateway and `blind.action` are not asked. */
export function heldInstead(
  rollout: Rollout,
  verdict: Verdict | null,
  event: MachineEvent | null,
  at: number,
): MachineEvent | null {
  if (event?.kind !== 'canaryJudgedHarmful' && event?.kind !== 'interferenceSuspected') return event;
  if (onHarm(rollout, verdict) === 'rollback') return event;
  if (rollout.harmHeldAt !== undefined) return null;
  const stays = `it stays at ${formatBps(weightInForce(rollout, at))}, paused (onHarm: hold)`;
  return { kind: 'harmHeld', reason: `${event.reason}; ${stays}`, verdict };
}

/** Whether there is still something to hold: not where it is held already, or beyond its steps. */
export function mayHoldHarm({ stage, harmHeldAt }: Rollout): boolean {
  return harmHeldAt === undefined && isHeldForHarm(stage);
}

function isHeldForHarm({ kind }: Rollout['stage']): boolean {
  return kind === 'internal' || kind === 'step' || kind === 'bake';
}

/** Paused at the present weight: a person decides. */
export function holdHarm(rollout: Rollout, reason: string, context: TransitionContext): Transition {
  if (!isHeldForHarm(rollout.stage)) return refused('only the internal phase, a step or the bake is held for harm');
  return changed(rollout, {
    harmHeldAt: context.at,
    openPage: 'harmful',
    reason,
    paused: pausedBy(rollout, context, reason),
  });
}

/** A person goes on in spite of the harm that was found: what is found from now on is found anew. */
export function goOn(moved: Transition): Transition {
  if (moved.kind === 'refused' || moved.rollout.harmHeldAt === undefined) return moved;
  const { harmHeldAt: _, ...rollout } = moved.rollout;
  return { kind: 'moved', rollout, evidence: 'all' };
}
