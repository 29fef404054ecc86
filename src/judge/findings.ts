import type { FindingContext } from '../parity/context.ts';
import { rateFinding } from '../parity/errors.ts';
import type { CheckName, Finding } from '../parity/finding.ts';
import { guardFindings } from '../parity/guards.ts';
import { QUANTILES, quantileFinding } from '../parity/latency.ts';
import type { Policy } from '../policy/schema.ts';
import type { Window } from '../stats/window.ts';
import { budgetOf } from './budget.ts';
import type { LookInput } from './input.ts';
import type { JudgeState } from './state.ts';
import { thresholdsOf } from './thresholds.ts';

/** What each check says, the compared ones first; skipped checks say nothing. `figures` are the blocks that are shown. */
export function findingsOf(policy: Policy, state: JudgeState, input: LookInput, figures: Window): readonly Finding[] {
  const { checks, guards } = policy.spec;
  const context = (check: CheckName): FindingContext => ({
    figures,
    step: state.step,
    pace: state.pace,
    budgetWeight: budgetOf(policy, check),
    logParityThreshold: thresholdsOf(policy, input.step).parity,
  });
  const warmUpLeftMs = warmUpLeft(policy, state);
  return [
    rateFinding(checks, 'errors', state.errors, context('errors')),
    rateFinding(checks, 'clientErrors', state.clientErrors, context('clientErrors')),
    ...QUANTILES.map((name) => quantileFinding(checks, name, state.latency, context(name), warmUpLeftMs)),
    ...guardFindings(guards, state.guards, context('guard:errors')),
  ].filter(({ check }) => !input.skippedChecks.includes(check));
}

/** Whether a check that claims parity has shown it in this step. */
export function hasShownParity({ logParity, logParityThreshold }: Finding): boolean {
  return logParity === null || logParityThreshold === null || logParity >= logParityThreshold;
}

function warmUpLeft(policy: Policy, state: JudgeState): number {
  const { warmUp } = policy.spec.judge;
  if (state.canarySince === null || state.measuredUntil === null) return warmUp;
  return Math.max(0, state.canarySince + warmUp - state.measuredUntil);
}
