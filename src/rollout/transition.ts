import { type Actor, isByPerson, type RolloutEvent, SERIN, type StartedEvent } from './event.ts';
import { someoneOf } from './eyes/person.ts';
import { blameInterference, endFault, giveAgain, holdWithdrawal, withdraw } from './interference.ts';
import {
  advance,
  changed,
  enter,
  pausedBy,
  refused,
  rollBack,
  type Transition,
  type TransitionContext,
  takeBack,
} from './move.ts';
import { moveBack } from './needs/consumer-harm.ts';
import { holdHarm } from './on-harm.ts';
import { override } from './override.ts';
import { pagedFor } from './paged.ts';
import { stopForSilence } from './silence.ts';
import { isEnded, type Rollout, type Stage, stageName } from './state.ts';
import { stepBackOnce, tryAgain } from './step-back.ts';

/** The first state of a rollout. */
export function begin(
  event: StartedEvent,
  at: number,
  started?: { readonly by: Actor; readonly reason: string },
): Rollout {
  return {
    id: event.id,
    route: event.route,
    attempt: event.attempt,
    recentAttempt: event.recentAttempt,
    ...(event.draw ? { draw: event.draw } : {}),
    ...(event.heavyLast ? { heavyLast: event.heavyLast } : {}),
    version: 1,
    stable: event.stable,
    canary: event.canary,
    ...(event.router ? { router: event.router } : {}),
    policy: event.policy,
    policyDigest: event.policyDigest,
    stage: { kind: 'preflight' },
    stageEnteredAt: at,
    canaryBps: 0,
    splitEpoch: event.splitEpoch,
    firstEpoch: event.splitEpoch,
    increase: null,
    withdrawal: null,
    paused: null,
    gatesPassed: [],
    skippedChecks: [],
    extraDwellMs: 0,
    openPage: null,
    startedAt: at,
    ...(started ? { started: { by: started.by.name, reason: started.reason }, starters: [someoneOf(started.by)] } : {}),
    endedAt: null,
    reason: 'waiting for the canary to answer',
    reasonBy: SERIN,
  };
}

/**
 * The only way to change state, for operators and for Serin: the next state, or one sentence why not.
 * Pure: the same rollout, event and context give the same answer, which is what makes the audit replayable.
 */
export function transition(rollout: Rollout, event: RolloutEvent, context: TransitionContext): Transition {
  const moved = moveBy(rollout, event, context);
  if (moved.kind === 'refused' || moved.rollout.reason === rollout.reason) return moved;
  return {
    ...moved,
    rollout: { ...moved.rollout, reasonBy: isByPerson(context.actor, event) ? named(context.actor) : SERIN },
  };
}

function named({ name, role }: Actor): NonNullable<Rollout['reasonBy']> {
  return { name, role };
}

function moveBy(rollout: Rollout, event: RolloutEvent, context: TransitionContext): Transition {
  if (event.kind === 'rolloutStarted') return refused('the rollout has started already');
  if (event.kind === 'pageResolved') {
    if (rollout.openPage === null) return refused('no page is open');
    return changed(rollout, { openPage: null });
  }
  if (isEnded(rollout)) return refused(`the rollout has ended: ${stageName(rollout.stage)}`);

  switch (event.kind) {
    case 'preflightPassed':
      return onlyIn(rollout, 'preflight', () =>
        enter(rollout, { kind: 'internal' }, context, answersAnd(event.warning)),
      );
    case 'preflightRefused':
      return onlyIn(rollout, 'preflight', () => enter(rollout, { kind: 'aborted' }, context, event.reason));
    case 'internalPassed':
      return onlyIn(rollout, 'internal', () => advance(rollout, context, event.reason));
    case 'stepPassed':
      if (rollout.stage.kind !== 'step' || rollout.stage.index !== event.index) return refused('another step is on');
      return advance(rollout, context, event.reason);
    case 'bakePassed':
      return onlyIn(rollout, 'bake', () => advance(rollout, context, event.reason));
    case 'rolloutFinalised':
      return onlyIn(rollout, 'promoted', () => advance(rollout, context, event.reason));
    case 'internalFailed':
      return onlyIn(rollout, 'internal', () => rollBack(rollout, context, event.reason));
    case 'canaryJudgedHarmful':
      return rollBack(rollout, context, event.reason);
    case 'canaryBraked':
      return event.blames === 'nobody'
        ? takeBack(rollout, context, event.reason)
        : rollBack(rollout, context, event.reason);
    case 'blindTooLong':
      return blind(rollout, event, context);
    case 'canaryFellSilent':
      return stopForSilence(rollout, event, context);
    case 'undecidedTooLong':
      return changed(rollout, {
        openPage: event.cause === 'shared-fault' ? 'shared-fault' : 'undecided',
        reason: event.reason,
        ...pagedFor(rollout, event.cause ?? 'undecided', context.at),
      });
    case 'harmHeld':
      return holdHarm(rollout, event.reason, context);
    case 'consumerMovedBack':
      return moveBack(rollout, event, context);
    case 'canarySteppedBack':
      return stepBackOnce(rollout, event.reason, context);
    case 'canaryTriedAgain':
      return tryAgain(rollout, event.reason, context);
    case 'faultFollowedIncrease':
      return withdraw(rollout, event.reason, context);
    case 'faultEndedAfterWithdrawal':
      return endFault(rollout, event.reason, context);
    case 'withdrawnWeightGivenAgain':
      return giveAgain(rollout, event.reason, context);
    case 'interferenceSuspected':
      return blameInterference(rollout, event.reason, context);
    case 'faultOutlastedWithdrawal':
      return holdWithdrawal(rollout, event.reason, context);
    default:
      return override(rollout, event, context);
  }
}

function answersAnd(warning: string | undefined): string {
  return `every canary address answers${warning === undefined ? '' : `, but ${warning}`}`;
}

function onlyIn(rollout: Rollout, kind: Stage['kind'], then: () => Transition): Transition {
  return rollout.stage.kind === kind
    ? then()
    : refused(`the rollout is in ${stageName(rollout.stage)}, not in ${kind}`);
}

function blind(
  rollout: Rollout,
  event: Extract<RolloutEvent, { kind: 'blindTooLong' }>,
  context: TransitionContext,
): Transition {
  switch (event.action) {
    case 'rollback':
      return rollBack(rollout, context, event.reason);
    case 'pause':
      return changed(rollout, {
        openPage: 'blind',
        reason: event.reason,
        ...pagedFor(rollout, 'blind', context.at),
        paused: pausedBy(rollout, context, event.reason),
      });
    case 'hold':
      return changed(rollout, {
        openPage: 'blind',
        reason: event.reason,
        ...pagedFor(rollout, 'blind', context.at),
      });
  }
}
