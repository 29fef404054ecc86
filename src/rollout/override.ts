import { isSkipped, termsOf } from '../parity/each-check.ts';
import { formatBps } from '../policy/units.ts';
import type { OverrideEvent } from './event.ts';
import { approvedAnew, passGate, whyNotPast } from './eyes/approvals.ts';
import { askFor, whyNotAlone, withoutRequest } from './eyes/asked.ts';
import {
  changed,
  enter,
  pausedBy,
  refused,
  rollBack,
  type Transition,
  type TransitionContext,
  weighed,
  withoutStepBack,
} from './move.ts';
import { asksWhoNeedsOld, listedLeft, unlistedLeft } from './needs/old-version.ts';
import { goOn } from './on-harm.ts';
import { currentStep, hasStepLike, nextStage, whyNoWeight } from './plan.ts';
import { putBack } from './restore/put-back.ts';
import { type Rollout, type Stage, stageName } from './state.ts';
import { inQuotes, saidBy } from './words/quote.ts';

/** What an operator may do to a running rollout; any override acknowledges an open page. */
export function override(rollout: Rollout, event: OverrideEvent, context: TransitionContext): Transition {
  if (event.kind === 'deedAsked') return askFor(rollout, event, context, overridden(rollout, event.event, context));
  const alone = whyNotAlone(rollout, event, context);
  if (alone !== null) return refused(alone);
  const moved = overridden(withoutRequest(rollout, event), event, context);
  const goesOn = ['resumed', 'advanced', 'promoted', 'rebased'].includes(event.kind);
  const isRestart = event.kind === 'restored' && (event.put.paused === false || event.put.pinned !== undefined);
  return goesOn || isRestart ? goOn(moved) : moved;
}

function overridden(rollout: Rollout, event: OverrideEvent, context: TransitionContext): Transition {
  const why = saidBy(context.actor, context.reason);
  const acknowledged = { openPage: null, reason: why } as const;
  switch (event.kind) {
    case 'paused':
      if (rollout.paused) return refused('it is paused already');
      return changed(rollout, {
        ...acknowledged,
        paused: pausedBy(rollout, context, context.reason),
      });
    case 'resumed':
      if (!rollout.paused) return refused('it is not paused');
      return changed(rollout, {
        ...acknowledged,
        paused: null,
        ...(rollout.withdrawal?.phase === 'held' ? weighed(rollout, rollout.withdrawal.fromBps, context.at) : {}),
      });
    case 'advanced':
      return advanceByHand(rollout, event, context, why);
    case 'promoted':
      if (event.repair)
        return promoteByHand(
          rollout,
          event,
          context,
          `${context.actor.name}, as a repair: ${inQuotes(context.reason)}`,
        );
      return promoteByHand(rollout, event, context, why);
    case 'rolledBack':
      return rollBackByHand(rollout, context, why);
    case 'aborted':
      return enter(rollout, { kind: 'aborted' }, context, why);
    case 'superseded':
      return enter(
        rollout,
        { kind: 'superseded' },
        context,
        `superseded by ${event.by}, which ${context.actor.name} started: ${inQuotes(context.reason)}`,
      );
    case 'finalisedByHand':
      if (rollout.stage.kind !== 'promoted') return refused(`it is in ${stageName(rollout.stage)}, not promoted`);
      return enter(rollout, { kind: 'finalised' }, context, why);
    case 'weightSet':
      return setWeight(rollout, event.canaryBps, context.at, why);
    case 'extended':
      if (event.byMs <= 0) return refused('a stage can only be made longer');
      return changed(rollout, { ...acknowledged, extraDwellMs: rollout.extraDwellMs + event.byMs });
    case 'checkSkipped':
      if (termsOf(rollout.policy, event.check) === null) {
        return refused(`the policy has no check ${event.check}`);
      }
      if (isSkipped(rollout.policy, event.check, rollout.skippedChecks))
        return refused(`${event.check} is skipped already`);
      return changed(rollout, { ...acknowledged, skippedChecks: [...rollout.skippedChecks, event.check] });
    case 'gatePassed':
    case 'gateApproved':
      return passGate(rollout, event, context, why);
    case 'deedAsked':
      return refused('it is asked for already');
    case 'rebased':
      return rebase(rollout, event, context, why);
    case 'restored':
      return putBack(rollout, event.put, context);
  }
}

/** No page: the person who did it already knows. */
function rollBackByHand(rollout: Rollout, context: TransitionContext, why: string): Transition {
  const moved = rollBack(rollout, context, why);
  return moved.kind === 'moved' ? { ...moved, rollout: { ...moved.rollout, openPage: null } } : moved;
}

function advanceByHand(
  rollout: Rollout,
  event: Going<'advanced'>,
  context: TransitionContext,
  why: string,
): Transition {
  const next = nextStage(rollout);
  if (!next) return refused('there is no stage after this one');
  if (stageName(next) !== event.to) return refused(`the next stage is ${stageName(next)}, not ${event.to}`);
  const against = whyNotPast(rollout, 'stage') ?? whoIsLeft(rollout, next, event, context);
  return against === null ? enter(rollout, next, context, why) : refused(against);
}

function promoteByHand(
  rollout: Rollout,
  event: Going<'promoted'>,
  context: TransitionContext,
  why: string,
): Transition {
  const { kind } = rollout.stage;
  if (kind === 'preflight') return refused('the canary has not answered yet');
  if (kind === 'promoted' || (kind === 'bake' && !event.full)) return refused('it serves 100% already');
  const next: Stage = event.full ? { kind: 'promoted' } : { kind: 'bake' };
  const against = event.repair ? null : (whyNotPast(rollout, 'all') ?? whoIsLeft(rollout, next, event, context));
  return against === null ? enter(rollout, next, context, why) : refused(against);
}

type Going<Kind extends 'advanced' | 'promoted'> = Extract<OverrideEvent, { kind: Kind }>;

/** Who would be given the canary without having been moved, and how one goes on anyway; null where nobody would. */
function whoIsLeft(
  rollout: Rollout,
  next: Stage,
  { leaveBehind }: Pick<Going<'advanced'>, 'leaveBehind'>,
  { needsOld }: TransitionContext,
): string | null {
  const { kind } = rollout.stage;
  const mayAsk = (kind === 'step' || kind === 'internal') && asksWhoNeedsOld(rollout);
  if (!mayAsk || needsOld === undefined || leaveBehind !== undefined) return null;
  const step = currentStep(rollout);
  // A step of listed consumers is over when they are moved; otherwise it is asked before everybody gets the canary.
  const isLast = next.kind === 'bake' || next.kind === 'promoted';
  const listed = isLast || (step !== null && 'consumers' in step) ? listedLeft(rollout, needsOld) : null;
  const left = [listed, isLast ? unlistedLeft(rollout, needsOld) : null].filter((one) => one !== null);
  return left.length === 0 ? null : `${left.join('; and ')}; ${GO_ON}`;
}

const GO_ON = 'move them first, or go on without them: leaveBehind, --leave-behind on the command line';

function setWeight(rollout: Rollout, canaryBps: number, at: number, why: string): Transition {
  const fault = whyNoWeight(rollout, canaryBps);
  if (fault !== null) return refused(fault);
  if (canaryBps === rollout.canaryBps) return refused(`the weight is ${formatBps(canaryBps)} already`);
  return changed(withoutStepBack(rollout), { openPage: null, reason: why, ...weighed(rollout, canaryBps, at) });
}

function rebase(
  rollout: Rollout,
  event: Extract<OverrideEvent, { kind: 'rebased' }>,
  { at, actor }: TransitionContext,
  why: string,
): Transition {
  if (event.policyDigest === rollout.policyDigest) return refused('the policy has not changed');
  const { stage } = rollout;
  if (!hasStepLike(rollout, event.policy))
    return refused(`the edited policy has no step like ${stageName(stage)}; abort and start anew`);
  const step = stage.kind === 'step' ? event.policy.spec.steps[stage.index] : null;
  const canaryBps = step && 'weight' in step ? step.weight : rollout.canaryBps;
  const moved = changed(rollout, {
    openPage: null,
    reason: why,
    policy: event.policy,
    policyDigest: event.policyDigest,
    ...weighed(rollout, canaryBps, at),
    ...approvedAnew(rollout, { ...rollout, policy: event.policy }, actor),
  });
  return moved.kind === 'moved' ? { ...moved, evidence: 'all' } : moved;
}
