import { formatSpan } from '../parity/figures.ts';
import { formatBps, formatDuration } from '../policy/units.ts';
import { capabilitiesOf } from '../split/capabilities.ts';
import type { MachineEvent } from './event.ts';
import { asOfNow, type Evidence } from './evidence.ts';
import { changed, refused, type Transition, type TransitionContext, weighed } from './move.ts';
import { onHarm } from './on-harm.ts';
import type { Rollout } from './state.ts';

/** A canary that goes back keeps at least this part of its weight, or it would have nothing to warm up with. */
const KEPT_SHARE = 10;

/**
 * What follows from a canary that is worse for certain while it warms up: once in a stage it goes back to the weight before
 * for another warm-up, and nobody is blamed. The second time it is rolled back (docs/statistics.md section 3.17).
 */
export function steppingBack(rollout: Rollout, evidence: Evidence, at: number): MachineEvent | null {
  const { stepBack } = rollout;
  if (stepBack?.phase === 'back') return onceMore(rollout, stepBack, evidence, at);
  const { verdict } = evidence;
  if (verdict?.goBack !== true) return null;
  if (stepBack?.phase === 'again') {
    const reason = `${verdict.reason}; still worse on the second try`;
    return { kind: 'canaryJudgedHarmful', reason, verdict: { ...verdict, name: 'harmful', reason } };
  }
  // A change that cannot go back does not go back a little either: its warm-up ends where it is.
  if (onHarm(rollout, verdict) === 'hold') return null;
  // Advice cannot be taken back, and may not have been followed.
  if (!capabilitiesOf(rollout).serinMoves || refusalToGoBack(rollout) !== null) return null;
  const { warmUp } = rollout.policy.spec.judge;
  const back = `back to ${formatBps(weightBefore(rollout))} for ${formatDuration(warmUp)}, then once more; nobody is blamed`;
  return { kind: 'canarySteppedBack', reason: `${verdict.reason}; ${back}` };
}

function onceMore(
  rollout: Rollout,
  { at: since, fromBps }: NonNullable<Rollout['stepBack']>,
  evidence: Evidence,
  at: number,
): MachineEvent | null {
  const past = at - asOfNow(since, evidence);
  // A weight that was taken back for a fault of the whole route is given again by other rules.
  if (rollout.paused || rollout.withdrawal || past < rollout.policy.spec.judge.warmUp) return null;
  const reason = `warmed up for ${formatSpan(past)} at ${formatBps(rollout.canaryBps)}: ${formatBps(fromBps)} once more`;
  return { kind: 'canaryTriedAgain', reason };
}

/** Takes the last increase back, within the stage. */
export function stepBackOnce(rollout: Rollout, reason: string, { at }: TransitionContext): Transition {
  const refusal = refusalToGoBack(rollout);
  if (refusal !== null) return refused(refusal);
  const stepBack = { at, fromBps: rollout.canaryBps, phase: 'back' } as const;
  return changed(rollout, { ...weighed(rollout, weightBefore(rollout), at), stepBack, reason });
}

/** Gives it again. */
export function tryAgain(rollout: Rollout, reason: string, { at }: TransitionContext): Transition {
  const { stepBack } = rollout;
  if (stepBack?.phase !== 'back') return refused('the canary did not go back');
  return changed(rollout, {
    ...weighed(rollout, stepBack.fromBps, at),
    stepBack: { ...stepBack, phase: 'again' },
    reason,
  });
}

function refusalToGoBack(rollout: Rollout): string | null {
  const { stage, increase, canaryBps, stepBack, withdrawal } = rollout;
  if (stage.kind !== 'step' && stage.kind !== 'bake') return 'only a step or the bake has a weight before';
  if (stepBack !== undefined) return 'the canary went back once in this stage';
  if (withdrawal !== null) return 'the weight was taken back already';
  if (increase === null || weightBefore(rollout) >= canaryBps) return 'the weight did not grow';
  return null;
}

function weightBefore({ increase, canaryBps }: Rollout): number {
  return Math.max(increase?.fromBps ?? 0, Math.ceil(canaryBps / KEPT_SHARE));
}
