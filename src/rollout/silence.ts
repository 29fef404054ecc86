import type { MachineEvent } from './event.ts';
import type { Evidence } from './evidence.ts';
import { changed, pausedBy, rollBack, type Transition, type TransitionContext } from './move.ts';
import { pagedFor } from './paged.ts';
import { currentStep } from './plan.ts';
import type { Rollout } from './state.ts';

/**
 * A canary that is routed requests and reports none of them, beyond what chance explains: its effect on clients
 * cannot be observed. It is paused for an operator to look, or rolled back if the policy rolls back when blind.
 */
export function silence(
  rollout: Rollout,
  { verdict }: Evidence,
): Extract<MachineEvent, { kind: 'canaryFellSilent' }> | null {
  const step = currentStep(rollout);
  if (!step || !('weight' in step) || verdict?.name !== 'blind' || verdict.worst !== 'silence') return null;
  const finding = verdict.findings.find(({ check }) => check === 'silence');
  if (finding === undefined || finding.logHarm < verdict.logThreshold) return null;
  const action = rollout.policy.spec.blind.action === 'rollback' ? 'rollback' : 'pause';
  return { kind: 'canaryFellSilent', reason: verdict.reason, action };
}

export function stopForSilence(
  rollout: Rollout,
  event: Extract<MachineEvent, { kind: 'canaryFellSilent' }>,
  context: TransitionContext,
): Transition {
  const { action, reason } = event;
  if (action === 'rollback') return rollBack(rollout, context, reason);
  return changed(rollout, {
    openPage: 'blind',
    reason,
    ...pagedFor(rollout, 'blind', context.at),
    paused: pausedBy(rollout, context, reason),
  });
}
