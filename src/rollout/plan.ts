import type { StepContext } from '../judge/judge.ts';
import type { Policy, Step } from '../policy/schema.ts';
import { formatBps } from '../policy/units.ts';
import { WHOLE_BPS } from '../split/assign.ts';
import { type Rollout, type Stage, stageName } from './state.ts';

/** The current step of a rollout; null outside the steps. */
export function currentStep(rollout: Rollout): Step | null {
  return rollout.stage.kind === 'step' ? (rollout.policy.spec.steps[rollout.stage.index] ?? null) : null;
}

/** The stage after the present one on the way to `finalised`; null when the rollout has ended. */
export function nextStage(rollout: Rollout): Stage | null {
  const { stage, policy } = rollout;
  switch (stage.kind) {
    case 'preflight':
      return { kind: 'internal' };
    case 'internal':
      return { kind: 'step', index: 0 };
    case 'step':
      return stage.index + 1 < policy.spec.steps.length ? { kind: 'step', index: stage.index + 1 } : { kind: 'bake' };
    case 'bake':
      return { kind: 'promoted' };
    case 'promoted':
      return { kind: 'finalised' };
    case 'finalised':
    case 'rolled-back':
    case 'aborted':
    case 'superseded':
      return null;
  }
}

/** The canary's share that a stage orders, in basis points. */
export function weightOf(stage: Stage, policy: Policy): number {
  switch (stage.kind) {
    case 'step': {
      const step = policy.spec.steps[stage.index];
      return step && 'weight' in step ? step.weight : 0;
    }
    case 'bake':
    case 'promoted':
    case 'finalised':
      return WHOLE_BPS;
    case 'preflight':
    case 'internal':
    case 'rolled-back':
    case 'aborted':
    case 'superseded':
      return 0;
  }
}

/** Why the present stage cannot have a weight (basis points) by hand, in a clause; null where it can. */
export function whyNoWeight(rollout: Rollout, canaryBps: number): string | null {
  const step = currentStep(rollout);
  if (!step || !('weight' in step)) return `the weight of ${stageName(rollout.stage)} is fixed; advance instead`;
  if (Number.isInteger(canaryBps) && canaryBps >= 0 && canaryBps < WHOLE_BPS) return null;
  return `a step's weight is at least 0% and less than 100%, not ${formatBps(canaryBps)}; promote for 100%`;
}

/** Whether a rollout can go on under another policy where it is: a step has to be there, and of the same kind. */
export function hasStepLike({ stage, policy }: Pick<Rollout, 'stage' | 'policy'>, other: Policy): boolean {
  if (stage.kind !== 'step') return true;
  const [mine, theirs] = [policy, other].map(({ spec }) => spec.steps[stage.index]);
  return mine !== undefined && theirs !== undefined && 'weight' in mine === 'weight' in theirs;
}

/** Minimum counted time of the present stage, in ms. */
export function neededDwellMs({ stage, policy, extraDwellMs }: Rollout): number {
  const dwells = stage.kind === 'internal' || stage.kind === 'step' || stage.kind === 'bake';
  return dwells ? declaredDwellMs(stage, policy) + extraDwellMs : 0;
}

/** What the policy says of it for a stage; 0 where it says nothing. */
export function declaredDwellMs(stage: Stage, { spec }: Policy): number {
  switch (stage.kind) {
    case 'internal':
      return spec.internal.dwell;
    case 'step':
      return spec.steps[stage.index]?.dwell ?? 0;
    case 'bake':
      return spec.bake.dwell;
    default:
      return 0;
  }
}

/** What a gate asks of those who approve. */
export interface Approval {
  readonly by: number;
  readonly notStarter: boolean;
}

/** `approval` is null where one person or pipeline, whoever it is, opens it. */
export interface GateRule {
  readonly name: string;
  readonly approval: Approval | null;
}

/** Gates that must be open before the present stage may end. */
export function gatesOf(rollout: Rollout): readonly GateRule[] {
  if (rollout.stage.kind === 'internal') return gatesOfStep(rollout.policy.spec.internal);
  return gatesOfStep(currentStep(rollout));
}

export function gatesOfStep(step: Pick<Step, 'gates'> | null | undefined): readonly GateRule[] {
  return (step?.gates ?? []).map((gate) => (typeof gate === 'string' ? { name: gate, approval: null } : gate));
}

/** Their names. */
export function requiredGates(rollout: Rollout): readonly string[] {
  return gatesOf(rollout).map(({ name }) => name);
}

export function closedGates(rollout: Rollout): readonly string[] {
  return requiredGates(rollout).filter((gate) => !rollout.gatesPassed.includes(gate));
}

/**
 * How long a stage may stay undecided before a page is sent, in ms. The internal phase, which has no dwell as a rule, has at least the
 * time of the first step.
 */
export function undecidedLimitMs(rollout: Rollout): number {
  const { undecided, steps } = rollout.policy.spec;
  if ('ms' in undecided.after) return undecided.after.ms;
  const least = rollout.stage.kind === 'internal' ? (steps[0]?.dwell ?? 0) : 0;
  return undecided.after.dwells * Math.max(least, neededDwellMs(rollout));
}

/** The stage as the judge sees it; null where there is nothing to judge. */
export function stepContext(rollout: Rollout, appliedAt: number | null): StepContext | null {
  const { steps } = rollout.policy.spec;
  const base = { splitEpoch: rollout.splitEpoch, appliedAt, attempt: rollout.recentAttempt };
  switch (rollout.stage.kind) {
    case 'internal':
      return { ...base, kind: 'internal', index: 0, position: 'first' };
    case 'step': {
      const { index } = rollout.stage;
      const step = steps[index];
      if (!step || 'consumers' in step) return { ...base, kind: 'consumers', index, position: 'middle' };
      return { ...base, kind: 'weight', index, position: positionOf(steps, index) };
    }
    case 'bake':
      return { ...base, kind: 'bake', index: steps.length, position: 'last' };
    default:
      return null;
  }
}

/** Which beta applies: the last compared step is `last` even when it is also the first. */
export function positionOf(steps: readonly Step[], index: number): 'first' | 'middle' | 'last' {
  const compared = steps.flatMap((step, at) => ('weight' in step ? [at] : []));
  if (compared.at(-1) === index) return 'last';
  return compared[0] === index ? 'first' : 'middle';
}
