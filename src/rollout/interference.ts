import { alarmOf, type FaultAlarm } from '../judge/fault/fault-detector.ts';
import { formatSpan } from '../parity/figures.ts';
import { formatBps, formatDuration } from '../policy/units.ts';
import { capabilitiesOf } from '../split/capabilities.ts';
import type { MachineEvent } from './event.ts';
import { asOfNow, type Evidence } from './evidence.ts';
import { changed, pausedBy, refused, rollBack, type Transition, type TransitionContext, weighed } from './move.ts';
import type { Rollout } from './state.ts';

/** A fault that starts within this time after a weight increase may be caused by it. */
const SOON_MS = 600_000;
const LASTING_MS = 120_000;
/** A fault that ends within this time after the increase is withdrawn may have been caused by it. */
const CLEARS_WITHIN_MS = 300_000;
/** How long the route has to be well before the weight is given once more. */
const WELL_FOR_MS = 180_000;

/**
 * Whether the canary damages a shared dependency, which no comparison of the versions can tell: the increase that a
 * shared fault followed is withdrawn, and given again once the fault is over. Only a fault that comes back with the weight is
 * blamed on the canary: an outage that merely began after an increase ends by itself as well. A heuristic
 * (docs/statistics.md section 3.11).
 */
export function interference(rollout: Rollout, evidence: Evidence, at: number): MachineEvent | null {
  // An advised increase may never have been made, and advice cannot withdraw it.
  if (!capabilitiesOf(rollout).serinMoves) return null;
  const { withdrawal } = rollout;
  switch (withdrawal?.phase) {
    case undefined:
      return afterIncrease(rollout, evidence, at);
    case 'watched':
      return whileWithdrawn(rollout, evidence, at);
    case 'over':
      return onceOver(rollout, evidence, at);
    case 'held':
      return null;
  }
}

function afterIncrease(rollout: Rollout, evidence: Evidence, at: number): MachineEvent | null {
  const { faultSince } = evidence;
  const { increase, canaryBps } = rollout;
  if (!increase || refusalToWithdraw(rollout) !== null || faultSince === null) return null;
  const delay = faultSince - asOfNow(increase.at, evidence);
  // While the fault is already clearing, withdrawing the increase would prove nothing.
  if (delay < 0 || delay > SOON_MS || alarmIn(evidence)?.goodBlocks !== 0) return null;
  const raised = `${formatSpan(delay)} after the canary went from ${formatBps(increase.fromBps)} to ${formatBps(canaryBps)}`;
  if (increase.again) {
    const reason =
      `suspected interference, the second time: the route as a whole fails since ${raised}, ` +
      'as it did before, and was well in between, when the canary had that weight no more';
    return { kind: 'interferenceSuspected', reason };
  }
  if (at - faultSince < LASTING_MS) return null;
  const reason = `the route as a whole fails since ${raised}: back to ${formatBps(increase.fromBps)}`;
  return { kind: 'faultFollowedIncrease', reason };
}

function whileWithdrawn(rollout: Rollout, evidence: Evidence, at: number): MachineEvent | null {
  const { canaryBps, withdrawal } = rollout;
  if (!withdrawal) return null;
  const alarm = alarmIn(evidence);
  const past = at - asOfNow(withdrawal.at, evidence);
  const taken = `the canary went back from ${formatBps(withdrawal.fromBps)} to ${formatBps(canaryBps)}`;
  if (alarm === null) {
    const reason =
      `the fault of both versions was over ${formatSpan(past)} after ${taken}: nobody is blamed yet, ` +
      `it gets ${formatBps(withdrawal.fromBps)} once more in ${formatDuration(WELL_FOR_MS)}, to see whether the fault comes back`;
    return { kind: 'faultEndedAfterWithdrawal', reason };
  }
  // A fault that has begun to clear gets more time: it takes several blocks to end.
  if (past < CLEARS_WITHIN_MS || alarm.goodBlocks > 0) return null;
  const reason = `the route as a whole still fails ${formatSpan(past)} after ${taken}: resume gives it back`;
  return { kind: 'faultOutlastedWithdrawal', reason };
}

// A fault at the weight of before is not the canary's: it is waited for.
function onceOver({ withdrawal, paused }: Rollout, evidence: Evidence, at: number): MachineEvent | null {
  if (!withdrawal || paused || alarmIn(evidence) !== null) return null;
  if (at - asOfNow(withdrawal.overAt ?? withdrawal.at, evidence) < WELL_FOR_MS) return null;
  const reason = `the route has been well without it: the canary gets ${formatBps(withdrawal.fromBps)} once more`;
  return { kind: 'withdrawnWeightGivenAgain', reason };
}

function alarmIn({ judge }: Evidence): FaultAlarm | null {
  return alarmOf(judge.fault, judge.slowness);
}

/** Withdraws the last increase, within the stage. */
export function withdraw(rollout: Rollout, reason: string, context: TransitionContext): Transition {
  const refusal = refusalToWithdraw(rollout);
  if (refusal !== null || rollout.increase === null) return refused(refusal ?? 'the weight never grew');
  const withdrawal = { at: context.at, fromBps: rollout.canaryBps, phase: 'watched' } as const;
  return changed(rollout, { ...weighed(rollout, rollout.increase.fromBps, context.at), withdrawal, reason });
}

/** The fault is over: the increase is still withdrawn, and will be tried once more. */
export function endFault(rollout: Rollout, reason: string, context: TransitionContext): Transition {
  const { withdrawal } = rollout;
  if (withdrawal?.phase !== 'watched') return refused('no weight was withdrawn');
  return changed(rollout, { withdrawal: { ...withdrawal, phase: 'over', overAt: context.at }, reason });
}

/** The increase once more, remembered as the second of its kind. */
export function giveAgain(rollout: Rollout, reason: string, context: TransitionContext): Transition {
  const { withdrawal } = rollout;
  if (withdrawal?.phase !== 'over') return refused('no weight was withdrawn');
  const weight = weighed(rollout, withdrawal.fromBps, context.at);
  const increase = weight.increase && { ...weight.increase, again: true as const };
  return changed(rollout, { ...weight, increase, reason });
}

export function blameInterference(rollout: Rollout, reason: string, context: TransitionContext): Transition {
  // Before the weight was given again, a fault that went away with it was enough: an audit of then is replayed too.
  if (rollout.withdrawal?.phase !== 'watched' && !rollout.increase?.again) return refused('no weight was withdrawn');
  return rollBack(rollout, context, reason);
}

/** Nothing was learnt about the canary: it stays where it is, and a person is asked. */
export function holdWithdrawal(rollout: Rollout, reason: string, context: TransitionContext): Transition {
  const { withdrawal } = rollout;
  if (withdrawal?.phase !== 'watched') return refused('no weight was withdrawn');
  return changed(rollout, {
    withdrawal: { ...withdrawal, phase: 'held' },
    openPage: 'shared-fault',
    reason,
    paused: pausedBy(rollout, context, reason),
  });
}

function refusalToWithdraw({ stage, increase, canaryBps, withdrawal }: Rollout): string | null {
  if (stage.kind !== 'step' && stage.kind !== 'bake') return 'only a step or the bake can be taken back';
  if (!increase || increase.fromBps >= canaryBps) return 'the weight did not grow';
  return !withdrawal ? null : 'the weight was taken back already';
}
