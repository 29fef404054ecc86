import type { Actor } from './event.ts';
import type { NeedsOld } from './needs/old-version.ts';
import { nextStage, weightOf } from './plan.ts';
import { isEnded, type Rollout, type Stage } from './state.ts';

/** What surrounds an event: the input that the pure transition cannot look up itself. */
export interface TransitionContext {
  /** Database time, epoch ms. */
  readonly at: number;
  readonly actor: Actor;
  /** Why, in a person's words; empty for Serin, whose events carry their reason. */
  readonly reason: string;
  /** Who still needs the old version; omitted where nobody asked. */
  readonly needsOld?: NeedsOld | undefined;
}

/** What the event does to the evidence: nothing, a new stage begins, or it starts from nothing. */
export type EvidenceReset = 'keep' | 'stage' | 'all';

export type Transition =
  | { readonly kind: 'moved'; readonly rollout: Rollout; readonly evidence: EvidenceReset }
  | { readonly kind: 'refused'; readonly reason: string };

/** Enters a stage: its weight, a fresh dwell, closed gates, a new split epoch. */
export function enter(rollout: Rollout, stage: Stage, context: TransitionContext, reason: string): Transition {
  const ended = isEnded({ ...rollout, stage });
  const next: Rollout = {
    ...leftBehind(rollout),
    version: rollout.version + 1,
    stage,
    stageEnteredAt: context.at,
    ...weighed(rollout, weightOf(stage, rollout.policy), context.at),
    splitEpoch: rollout.splitEpoch + 1,
    gatesPassed: [],
    extraDwellMs: 0,
    paused: ended ? null : rollout.paused,
    openPage: stage.kind === 'rolled-back' ? 'rolled-back' : null,
    endedAt: ended ? context.at : null,
    reason,
  };
  return { kind: 'moved', rollout: next, evidence: 'stage' };
}

export function rollBack(rollout: Rollout, context: TransitionContext, reason: string): Transition {
  return enter(rollout, { kind: 'rolled-back' }, context, reason);
}

/** To the stable without blame. A person is told: the canary's keys were served badly. */
export function takeBack(rollout: Rollout, context: TransitionContext, reason: string): Transition {
  const moved = enter(rollout, { kind: 'aborted' }, context, reason);
  return moved.kind === 'moved' ? { ...moved, rollout: { ...moved.rollout, openPage: 'rolled-back' } } : moved;
}

export function advance(rollout: Rollout, context: TransitionContext, reason: string): Transition {
  const stage = nextStage(rollout);
  return stage ? enter(rollout, stage, context, reason) : refused('there is no stage after this one');
}

/** Changes the canary's share, and remembers when it grew. This settles any withdrawn share. */
export function weighed(
  rollout: Rollout,
  canaryBps: number,
  at: number,
): Pick<Rollout, 'canaryBps' | 'increase' | 'withdrawal'> {
  const grew = canaryBps > rollout.canaryBps;
  return { canaryBps, increase: grew ? { at, fromBps: rollout.canaryBps } : rollout.increase, withdrawal: null };
}

/** Without what belongs to the stage that ends. */
function leftBehind(rollout: Rollout): Rollout {
  const { approvals: _, asked: __, ...kept } = withoutStepBack(rollout);
  return kept;
}

/** The rollout as if it never went back in this stage. */
export function withoutStepBack(rollout: Rollout): Rollout {
  const { stepBack: _, ...kept } = rollout;
  return kept;
}

/** A change within the stage. A change of the split, or of whether time counts, gets a new epoch: no block spans it. */
export function changed(rollout: Rollout, change: Partial<Rollout>): Transition {
  const cutsBlock = 'canaryBps' in change || 'paused' in change;
  const next = { ...rollout, ...change, version: rollout.version + 1 };
  return {
    kind: 'moved',
    rollout: cutsBlock ? { ...next, splitEpoch: rollout.splitEpoch + 1 } : next,
    evidence: 'keep',
  };
}

/** By whoever the event is from; a pause that there is already stays. */
export function pausedBy(
  rollout: Rollout,
  { at, actor }: TransitionContext,
  reason: string,
): NonNullable<Rollout['paused']> {
  return rollout.paused ?? { at, by: actor.name, role: actor.role, reason };
}

export function refused(reason: string): Transition {
  return { kind: 'refused', reason };
}
