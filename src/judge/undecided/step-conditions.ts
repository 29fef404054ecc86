import type { Hold } from '../../parity/check.ts';
import { formatSpan, formatValue, formatWeight } from '../../parity/figures.ts';
import { claimsParity, type Finding, hasShownParity } from '../../parity/finding.ts';
import { partOf } from '../../parity/stake.ts';
import { counted } from '../../policy/counted.ts';
import type { Policy } from '../../policy/schema.ts';
import { msForCanaryRequests } from '../../stats/evidence/pace.ts';
import type { Totals } from '../../stats/evidence/window.ts';
import { combinedLog, decidingPolicy, largestStake, stakesOf } from '../budget.ts';
import { explainHarm } from '../explain.ts';
import type { LookInput } from '../input.ts';
import type { JudgeState } from '../state.ts';
import { thresholdsOf } from '../thresholds.ts';
import type { StepCondition, Verdict } from '../verdict.ts';
import { warmUpLeftMs } from '../warm-up/cold.ts';
import { holding, plain, strongestOf, type Undecided } from './waiting.ts';

/** One condition of parity in a compared step; `open` is why it is not met, null where it is. */
export interface CheckedCondition extends Pick<StepCondition, 'what' | 'says'> {
  readonly open: Undecided | null;
}

/**
 * What has to be true before a compared step is at parity, where nothing harms, fails as a whole or is unseen. The first that is
 * open is the reason of the verdict. One that cannot be open under the policy is left out.
 */
export function stepConditions(
  policy: Policy,
  state: JudgeState,
  input: LookInput,
  findings: readonly Finding[],
  holds: readonly Hold[],
  staleAfterMs: number,
): readonly CheckedCondition[] {
  const { judge, dryRun } = policy.spec;
  return [
    ...(state.fedAt === null ? [open('measured', plain('nothing has been measured yet'))] : []),
    splitSeen(input),
    nothingHolds(holds),
    hasTraffic(state, findings),
    ...(dryRun ? [open('person', endedByHand(policy, state, input, findings))] : []),
    ...(judge.warmUp > 0 ? [warmedUp(policy, state)] : []),
    parityShown(state, findings),
    ...lastedLongEnough(policy, input),
    ...(state.fedAt === null ? [] : [freshlyMeasured(input.at - state.fedAt, staleAfterMs)]),
  ];
}

/** The verdict with everything that its step has to have, in words: a verdict alone names only what it rests on. Null: nothing is compared. */
export function withConditions(verdict: Verdict, conditions: readonly CheckedCondition[] | null): Verdict {
  if (conditions === null) return verdict;
  const { name, reason, hold } = verdict;
  const isHarm = name === 'harmful' || name === 'suspect';
  const all: readonly StepCondition[] = [
    condition('harm', isHarm, reason, harmInWords(verdict)),
    condition('fault', name === 'shared-fault', reason, 'the route as a whole is well'),
    condition('sight', name === 'blind', reason, 'both versions are seen'),
    ...conditions.map(({ what, says, open: why }) => ({ what, met: why === null, says })),
  ];
  // A hold that the verdict rests on is said by the harm, the fault or the blindness already.
  const isSaid = hold !== undefined && name !== 'undecided';
  return { ...verdict, conditions: isSaid ? all.filter(({ what, met }) => what !== 'hold' || met) : all };
}

function condition(what: StepCondition['what'], isOpen: boolean, reason: string, otherwise: string): StepCondition {
  return { what, met: !isOpen, says: isOpen ? reason : otherwise };
}

function open(what: CheckedCondition['what'], why: Undecided, says = why.reason): CheckedCondition {
  return { what, says, open: why };
}

function met(what: CheckedCondition['what'], says: string): CheckedCondition {
  return { what, says, open: null };
}

/** `evidence of harm x1.4, from x20 on it would hold` */
function harmInWords({ logEvidence, logHold }: Verdict): string {
  const odds = (log: number) => formatValue(Number(Math.exp(log).toPrecision(2)));
  return `evidence of harm ×${odds(logEvidence)}, and ×${odds(logHold)} would hold it`;
}

function splitSeen({ step }: LookInput): CheckedCondition {
  return step.appliedAt === null
    ? open('split', plain('the split of this step has not been seen applied yet'))
    : met('split', 'the split of this step is in force');
}

function nothingHolds(holds: readonly Hold[]): CheckedCondition {
  const strongest = strongestOf(holds);
  return strongest === null ? met('hold', 'no check holds it') : open('hold', holding(strongest));
}

function hasTraffic({ step: { canary } }: JudgeState, findings: readonly Finding[]): CheckedCondition {
  if (canary.requests > 0) return met('traffic', `${counted(canary.requests, 'canary request')} in this step`);
  return isProbedAlone(findings)
    ? met('traffic', 'no canary request in this step, and probes alone are enough')
    : open('traffic', plain(withProbes(withoutAnswers(canary), findings)));
}

function endedByHand(policy: Policy, state: JudgeState, input: LookInput, findings: readonly Finding[]): Undecided {
  return plain(
    `${wouldHave(policy, state, input, findings)}spec.dryRun is set, so every check reports only: a person ends this step`,
  );
}

/** What a policy that only reports would do now, if it is to roll back; else nothing. */
export function wouldHave(policy: Policy, state: JudgeState, input: LookInput, findings: readonly Finding[]): string {
  const { harm } = thresholdsOf(policy, input.step);
  const stakes = stakesOf(decidingPolicy(policy), state, input.skippedChecks);
  if (state.canaryBlocks < policy.spec.judge.minBlocks || combinedLog(stakes) < harm) return '';
  const largest = largestStake(stakes);
  const figures = {
    finding: findings.find(({ check }) => check === largest?.check) ?? null,
    since: state.step,
    combined: largest !== null && partOf(largest) >= harm ? null : stakes,
  };
  return `would have rolled back: ${explainHarm(policy, figures)}; `;
}

function warmedUp(policy: Policy, state: JudgeState): CheckedCondition {
  const { course, phase, bps } = state.warmUp;
  const leftMs = warmUpLeftMs(policy, state);
  if (phase === 'judged' || leftMs === 0) return met('warm-up', 'the canary has warmed up');
  const left = `${formatSpan(leftMs)} ${leftMs < 1_500 ? 'is' : 'are'} left`;
  const reason =
    course === 'returned'
      ? `the canary went back to ${formatWeight(bps)} and warms up there: ${left}`
      : `the canary warms up since its weight grew: ${left}, in which only gross failures roll back`;
  return open('warm-up', plain(reason));
}

function parityShown(state: JudgeState, findings: readonly Finding[]): CheckedCondition {
  const asked = findings.filter(claimsParity);
  if (asked.length === 0) {
    return open(
      'parity',
      plain('every check that could show parity is skipped or reports only: a person ends this step'),
    );
  }
  const wanting = asked.filter((finding) => !hasShownParity(finding));
  const shown = `parity shown by ${asked.length - wanting.length} of ${counted(asked.length, 'check')}`;
  if (wanting.length === 0) return met('parity', shown);
  const why = mostWanting(state, wanting);
  return open('parity', why, `${shown}; furthest is ${why.worst}: ${why.reason}`);
}

// First the check without a forecast (no time can be estimated then), then the one that needs the most.
function mostWanting(state: JudgeState, wanting: readonly Finding[]): Undecided {
  const wants = ({ needsCanaryRequests }: Finding) => needsCanaryRequests ?? Number.MAX_VALUE;
  const [worst] = wanting.toSorted((left, right) => wants(right) - wants(left));
  if (worst === undefined) return plain('nothing has been measured yet');
  const requests = worst.needsCanaryRequests;
  return {
    reason: worst.brief ?? worst.says,
    worst: worst.check,
    needs: requests === null ? null : { canaryRequests: requests, ms: msForCanaryRequests(state.pace, requests) },
  };
}

// Left out where the dwell is longer anyway, and that time is over.
function lastedLongEnough({ spec }: Policy, { at, step }: LookInput): readonly CheckedCondition[] {
  const { minStep } = spec.judge;
  const ageMs = step.appliedAt === null ? 0 : at - step.appliedAt;
  if (ageMs < minStep) {
    const left = `${formatSpan(minStep - ageMs)} are left`;
    const why = plain(`every check is at parity, and the step lasts at least ${formatSpan(minStep)}: ${left}`);
    return [open('least-time', why, `the step lasts at least ${formatSpan(minStep)}: ${left}`)];
  }
  const dwellMs = spec.steps[step.index]?.dwell ?? 0;
  return dwellMs >= minStep ? [] : [met('least-time', `the step has lasted at least ${formatSpan(minStep)}`)];
}

function freshlyMeasured(agoMs: number, staleAfterMs: number): CheckedCondition {
  return agoMs > staleAfterMs
    ? open('measured', plain(`nothing new has been measured for ${formatSpan(agoMs)}`))
    : met('measured', `the last measurement was ${formatSpan(agoMs)} old at the last look`);
}

/** Whether nothing that a promotion waits for takes requests of clients, and pairs of probes have come in. */
function isProbedAlone(findings: readonly Finding[]): boolean {
  const waited = findings.filter(claimsParity);
  return waited.length > 0 && waited.every(({ pairs = 0 }) => pairs > 0);
}

function withProbes(reason: string, findings: readonly Finding[]): string {
  const probes = findings.find(({ pairs }) => pairs !== undefined);
  return probes === undefined ? reason : `${reason}; ${probes.says}`;
}

// A request that is still open when its block closes is counted among the latencies, at its age.
function withoutAnswers({ unanswered, latency }: Totals): string {
  const sent = Math.max(unanswered, latency.total);
  if (sent === 0) return 'no canary traffic yet';
  return (
    `the canary has answered none of ${counted(sent, 'request')} in this step: ` +
    'still open, overdue, or left by their clients'
  );
}
