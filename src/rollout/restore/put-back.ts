import type { PutBack } from '../event.ts';
import { approvedAnew } from '../eyes/approvals.ts';
import { whatLoosens } from '../eyes/loosens.ts';
import {
  changed,
  pausedBy,
  refused,
  type Transition,
  type TransitionContext,
  weighed,
  withoutStepBack,
} from '../move.ts';
import { hasStepLike, whyNoWeight } from '../plan.ts';
import { type Rollout, stageName } from '../state.ts';
import { saidBy } from '../words/quote.ts';

/** Puts a part of the configuration back, by the rules that hold when a person sets it. The stage stays. */
export function putBack(rollout: Rollout, put: PutBack, context: TransitionContext): Transition {
  const fault = faultOf(rollout, put);
  if (fault !== null) return refused(fault);
  const { canaryBps, paused, skippedChecks, extraDwellMs, pinned } = put;
  const weight = canaryBps ?? rollout.canaryBps;
  // What was taken back for a fault of the whole route, and waits for a person, is settled by the one who goes on.
  const isWeighed = canaryBps !== undefined || paused === false;
  const moved = changed(canaryBps === undefined ? rollout : withoutStepBack(rollout), {
    openPage: null,
    reason: saidBy(context.actor, context.reason),
    ...(pinned ? { policy: pinned.policy, policyDigest: pinned.digest } : {}),
    ...(isWeighed ? weighed(rollout, weight, context.at) : {}),
    ...(paused === undefined ? {} : { paused: paused ? pausedBy(rollout, context, context.reason) : null }),
    ...(skippedChecks ? { skippedChecks } : {}),
    ...(extraDwellMs === undefined ? {} : { extraDwellMs }),
    ...(pinned ? approvedAnew(rollout, { ...rollout, policy: pinned.policy }, context.actor) : {}),
  });
  return moved.kind === 'moved' && pinned ? { ...moved, evidence: 'all' } : moved;
}

function faultOf(rollout: Rollout, put: PutBack): string | null {
  const { canaryBps, extraDwellMs = 0, pinned } = put;
  if (Object.keys(put).length === 0) return 'nothing of it differs from then';
  if (pinned && !hasStepLike(rollout, pinned.policy))
    return `the policy of then has no step like ${stageName(rollout.stage)}`;
  const loosened = pinned ? whatLoosens(rollout.policy, pinned.policy) : null;
  if (loosened !== null) return `the policy of then ${loosened}`;
  const policy = pinned?.policy ?? rollout.policy;
  const weightFault = canaryBps === undefined ? null : whyNoWeight({ ...rollout, policy }, canaryBps);
  if (weightFault !== null) return weightFault;
  return Number.isSafeInteger(extraDwellMs) && extraDwellMs >= 0 ? null : 'a stage can only be made longer';
}
