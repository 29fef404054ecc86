import { fromEach, withEach } from '../../parity/each-check.ts';
import type { Policy } from '../../policy/schema.ts';
import { gridOf } from '../../stats/latency/latency-form.ts';
import { tailsOf } from '../../stats/latency/tails.ts';
import type { UnitCounts } from '../../stats/units/unit-ledger.ts';
import { combinedLog, stakesOf } from '../budget.ts';
import { nextWeights } from '../findings.ts';
import type { StepContext } from '../input.ts';
import type { JudgeState } from '../state.ts';
import { thresholdsOf } from '../thresholds.ts';

/** Whether a look at the units is due, given the blocks so far: 25 times a day, for what it costs. */
export function areUnitsDue(state: JudgeState): boolean {
  const { measuredUntil, assignment, decided } = state;
  if (measuredUntil === null || assignment !== 'by-key' || decided !== null) return false;
  return fromEach(state.checks, (check, known) => [check.isDue?.(known, measuredUntil) ?? false]).includes(true);
}

/** Adds a look at the units. */
export function weighUnits(
  policy: Policy,
  state: JudgeState,
  counts: UnitCounts | 'uncounted',
  step: StepContext,
): JudgeState {
  const now = state.measuredUntil;
  if (now === null || step.kind !== 'weight' || !areUnitsDue(state)) return state;
  const sight = {
    policy,
    counts,
    now,
    stepIndex: step.index,
    logParityThreshold: thresholdsOf(policy, step).parity,
    nextWeightsBps: nextWeights(policy, step),
    past: tailsOf(state.checks.latency.reference),
    grid: gridOf(state.checks.latency.form),
  };
  const checks = withEach(state.checks, (check, known) => check.weigh?.(known, sight) ?? known);
  const next = { ...state, checks };
  const level = combinedLog(stakesOf(policy, next, []));
  const since = state.harm.since.span === null ? state.step : state.harm.since;
  return { ...next, harm: { ...state.harm, level, since } };
}
