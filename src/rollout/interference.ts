import { formatBps, formatDuration } from '../policy/units.ts';
import { capabilitiesOf } from '../split/capabilities.ts';
import type { MachineEvent } from './event.ts';
import { asOfNow, type Evidence } from './evidence.ts';
import { changed, refused, type Transition, type TransitionContext, weighed } from './move.ts';
import type { Rollout, Withdrawal } from './state.ts';

/** A fault that starts within this time after a weight increase may be caused by it. */
const SOON_MS = 600_000;
const LASTING_MS = 120_000;
/** A fault that ends within this time after the increase is withdrawn was caused by it. */
const CLEARS_WITHIN_MS = 300_000;

/**
 * Whether the canary damages a shared dependency, which no comparison of the versions can tell: the increase that a
 * shared fault followed is withdrawn, and whether the fault goes away decides. A heuristic (docs/statistics.md section
 * 3.11).
 */
export function interference(rollout: Rollout, evidence: Evidence, at: number): MachineEvent | null {
  // An advised increase may never have been made, and advice cannot withdraw it.
  if (!capabilitiesOf(rollout).serinMoves) return null;
  const { withdrawal } = rollout;
  if (!withdrawal) return afterIncrease(rollout, evidence, at);
  return withdrawal.phase === 'watched' ? afterWithdrawal(rollout, withdrawal, evidence, at) : null;
}

function afterIncrease(rollout: Rollout, evidence: Evidence, at: number): MachineEvent | null {
  const { judge, faultSince } = evidence;
  const { increase, canaryBps } = rollout;
  if (!increase || refusalToWithdraw(rollout) !== null || faultSince === null) return null;
  const delay = faultSince - asOfNow(increase.at, evidence);
  const followed = delay >= 0 && delay <= SOON_MS;
  // While the fault is already clearing, withdrawing the increase would prove nothing.
  if (!followed || at - faultSince < LASTING_MS || judge.fault.alarm?.goodBlocks !== 0) return null;
  const reason =
    `the route as a whole fails since ${formatDuration(delay)} after the canary went from ` +
    `${formatBps(increase.fromBps)} to ${formatBps(canaryBps)}: back to ${formatBps(increase.fromBps)}`;
  return { kind: 'faultFollowedIncrease', reason };
}

function afterWithdrawal(
  { canaryBps }: Rollout,
  withdrawal: Withdrawal,
  evidence: Evidence,
  at: number,
): MachineEvent | null {
  const { alarm } = evidence.judge.fault;
  const past = at - asOfNow(withdrawal.at, evidence);
  const taken = `the canary went back from ${formatBps(withdrawal.fromBps)} to ${formatBps(canaryBps)}`;
  if (alarm === null) {
    const reason = `suspected interference: the fault of both versions was over ${formatDuration(past)} after ${taken}`;
    return { kind: 'interferenceSuspected', reason };
  }
  // A fault that has begun to clear gets more time: it takes several blocks to end.
  if (past < CLEARS_WITHIN_MS || alarm.goodBlocks > 0) return null;
  const reason = `the route as a whole still fails ${formatDuration(past)} after ${taken}: resume gives it back`;
  return { kind: 'faultOutlastedWithdrawal', reason };
}

/** Withdraws the last increase, within the stage. */
export function withdraw(rollout: Rollout, reason: string, context: TransitionContext): Transition {
  const refusal = refusalToWithdraw(rollout);
  if (refusal !== null || rollout.increase === null) return refused(refusal ?? 'the weight never grew');
  const withdrawal = { at: context.at, fromBps: rollout.canaryBps, phase: 'watched' } as const;
  return changed(rollout, { ...weighed(rollout, rollout.increase.fromBps, context.at), withdrawal, reason });
}

/** Nothing was learnt about the canary: it stays where it is, and a person is asked. */
export function holdWithdrawal(rollout: Rollout, reason: string, context: TransitionContext): Transition {
  const { withdrawal } = rollout;
  if (withdrawal?.phase !== 'watched') return refused('no weight was withdrawn');
  return changed(rollout, {
    withdrawal: { ...withdrawal, phase: 'held' },
    openPage: 'shared-fault',
    reason,
    paused: rollout.paused ?? { at: context.at, by: context.actor.name, reason },
  });
}

function refusalToWithdraw({ stage, increase, canaryBps, withdrawal }: Rollout): string | null {
  if (stage.kind !== 'step' && stage.kind !== 'bake') return 'only a step or the bake can be taken back';
  if (!increase || increase.fromBps >= canaryBps) return 'the weight did not grow';
  return !withdrawal ? null : 'the weight was taken back already';
}
