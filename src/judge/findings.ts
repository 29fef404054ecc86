import type { Hold } from '../parity/check.ts';
import type { LookContext } from '../parity/context.ts';
import { fromEach, isDryRun, isSkipped } from '../parity/each-check.ts';
import type { Finding } from '../parity/finding.ts';
import type { Policy } from '../policy/schema.ts';
import type { Window } from '../stats/evidence/window.ts';
import { gridOf } from '../stats/latency/latency-form.ts';
import { type Tails, tailsOf } from '../stats/latency/tails.ts';
import { addressAllowance } from '../stats/slices/addresses.ts';
import { sharesOf } from './budget.ts';
import { byAssignment } from './by-key/by-assignment.ts';
import type { LookInput, StepContext } from './input.ts';
import type { JudgeState } from './state.ts';
import { temperingOf } from './tempering.ts';
import { thresholdsOf } from './thresholds.ts';
import { warmUpLeftMs } from './warm-up/cold.ts';

/**
 * What each check says; skipped checks say nothing.
 *
 * @param figures the blocks that are shown
 * @param past the stable's past latencies
 */
export function findingsOf(
  policy: Policy,
  state: JudgeState,
  input: LookInput,
  figures: Window,
  past: Tails,
): readonly Finding[] {
  const thresholds = thresholdsOf(policy, input.step);
  const context: LookContext = {
    figures,
    step: state.step,
    latency: { canary: tailsOf(figures.canary.latency), stable: tailsOf(figures.stable.latency) },
    grid: gridOf(state.checks.latency.form),
    allowance: addressAllowance(state.checks.slices.addresses, past),
    pace: state.pace,
    phi: temperingOf(policy, state),
    logParityThreshold: thresholds.parity,
    patienceMs: patienceOf(policy, input.step),
    nextWeightsBps: nextWeights(policy, input.step),
    shareOf: sharesOf(policy),
    past,
    valuePasts: state.checks.values.pasts,
    form: state.checks.latency.form,
    warmUpLeftMs: warmUpLeftMs(policy, state),
    thresholds,
  };
  const all = fromEach(state.checks, (check, known) => {
    const found = check.findings(policy, known, context);
    return found.map((finding) => ({ finding, compares: check.compares ?? null }));
  });
  return byAssignment(all, state)
    .filter(({ check }) => !isSkipped(policy, check, input.skippedChecks))
    .map((finding) => (isDryRun(policy, finding.check) ? asReported(finding) : finding));
}

/** All reasons to wait, given these findings, in the order of the list. */
export function holdsOf(policy: Policy, state: JudgeState, findings: readonly Finding[]): readonly Hold[] {
  const context = {
    findings: findings.filter(({ dryRun }) => !dryRun),
    step: state.step,
    logHold: Math.log(policy.spec.judge.hold),
    now: state.measuredUntil ?? 0,
  };
  return fromEach(state.checks, (check, known) => check.holds?.(policy, known, context) ?? []);
}

// The evidence is unchanged; the sentence says that it has no effect.
function asReported(finding: Finding): Finding {
  return { ...finding, dryRun: true, says: `${finding.says} (report only)` };
}

/** The weights that the policy declares after this step, in basis points. */
export function nextWeights({ spec: { steps } }: Policy, step: StepContext): readonly number[] {
  if (step.kind !== 'weight') return [];
  return steps.slice(step.index + 1).flatMap((later) => ('weight' in later ? [later.weight] : []));
}

function patienceOf({ spec: { steps, undecided } }: Policy, step: StepContext): number | null {
  const declared = step.kind === 'weight' ? steps[step.index] : undefined;
  if (declared === undefined) return null;
  return 'ms' in undecided.after ? undecided.after.ms : undecided.after.dwells * declared.dwell;
}
