import type { FindingContext } from '../parity/context.ts';
import type { Finding } from '../parity/finding.ts';
import { guardFindings } from '../parity/guards.ts';
import { dominanceFinding } from '../parity/latency/dominance-finding.ts';
import { QUANTILES } from '../parity/latency/latency.ts';
import { quantileFinding } from '../parity/latency/quantile-finding.ts';
import { slowerFindings } from '../parity/latency/slower-finding.ts';
import { rateFinding } from '../parity/rate.ts';
import { silenceFinding } from '../parity/silence.ts';
import { unansweredFinding } from '../parity/unanswered.ts';
import type { Policy } from '../policy/schema.ts';
import type { Window } from '../stats/evidence/window.ts';
import { gridOf } from '../stats/latency/latency-form.ts';
import { type Tails, tailsOf } from '../stats/latency/tails.ts';
import { type BudgetedCheck, boundaryBudget, budgetOf } from './budget.ts';
import { asReported, isDryRun } from './dry-run.ts';
import type { LookInput, StepContext } from './input.ts';
import { queryFindings } from './queries.ts';
import type { JudgeState } from './state.ts';
import { temperingOf } from './tempering.ts';
import { thresholdsOf } from './thresholds.ts';

/**
 * What each check says, the compared ones first; skipped checks say nothing.
 *
 * @param figures the blocks that are shown
 * @param reference the stable's past latencies
 */
export function findingsOf(
  policy: Policy,
  state: JudgeState,
  input: LookInput,
  figures: Window,
  reference: Tails,
): readonly Finding[] {
  const { checks, guards } = policy.spec;
  const shared = {
    figures,
    step: state.step,
    latency: { canary: tailsOf(figures.canary.latency), stable: tailsOf(figures.stable.latency) },
    grid: gridOf(state.latency.form),
    pace: state.pace,
    phi: temperingOf(policy, state),
    logParityThreshold: thresholdsOf(policy, input.step).parity,
    nextWeightsBps: nextWeights(policy, input.step),
  };
  const context = (check: BudgetedCheck): FindingContext => ({ ...shared, budgetWeight: budgetOf(policy, check) });
  const warmUpLeftMs = warmUpLeft(policy, state);
  return [
    rateFinding(checks, 'errors', state.errors, context('errors')),
    unansweredFinding(state.unanswered, context('unanswered')),
    rateFinding(checks, 'clientErrors', state.clientErrors, context('clientErrors')),
    ...latencyFindings(),
    ...guardFindings(guards, state.guards, context('guard:errors')),
    ...queryFindings(policy, state, input, context),
    ...[silenceFinding(state.silence)].filter((finding) => finding !== null),
  ]
    .filter(({ check }) => !input.skippedChecks.includes(check))
    .map((finding) => (isDryRun(policy, finding.check) ? asReported(finding) : finding));

  function latencyFindings(): readonly Finding[] {
    const { latency } = state;
    if (latency.form?.kind === 'boundaries') {
      const budgetWeight = boundaryBudget(policy, latency.slower.length);
      return slowerFindings(checks, latency.slower, { ...shared, budgetWeight }, warmUpLeftMs);
    }
    return [
      ...QUANTILES.map((name) => quantileFinding(checks, name, latency, reference, context(name), warmUpLeftMs)),
      dominanceFinding(checks, latency, reference, context('dominance')),
    ];
  }
}

function nextWeights({ spec: { steps } }: Policy, step: StepContext): readonly number[] {
  if (step.kind !== 'weight') return [];
  return steps.slice(step.index + 1).flatMap((later) => ('weight' in later ? [later.weight] : []));
}

function warmUpLeft(policy: Policy, state: JudgeState): number {
  const { warmUp } = policy.spec.judge;
  if (state.canarySince === null || state.measuredUntil === null) return warmUp;
  return Math.max(0, state.canarySince + warmUp - state.measuredUntil);
}
