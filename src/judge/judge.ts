import type { Hold } from '../parity/check.ts';
import { termsOf } from '../parity/each-check.ts';
import { partOf } from '../parity/stake.ts';
import type { Policy } from '../policy/schema.ts';
import { type Tails, tailsOf } from '../stats/latency/tails.ts';
import { combinedLog, largestStake, stakesOf } from './budget.ts';
import { weighUnits } from './by-key/weigh-units.ts';
import { faultOfUnits } from './contract/unit-fault.ts';
import { readEvidence } from './evidence.ts';
import {
  carrierOf,
  explainCold,
  explainHarm,
  explainImpatience,
  explainParity,
  explainSharedFault,
  explainSuspicion,
} from './explain.ts';
import { alarmOf } from './fault/fault-detector.ts';
import { findingsOf, holdsOf } from './findings.ts';
import { forecastOf } from './forecast.ts';
import type { LookInput } from './input.ts';
import { enterStage, observe } from './observe.ts';
import { recall } from './recall.ts';
import { reservationsOf, withReservations } from './reservations.ts';
import { onClockOf } from './set-back.ts';
import { slowAfterMs, staleAfterMs } from './slow-age.ts';
import type { JudgeState } from './state.ts';
import { thresholdsOf } from './thresholds.ts';
import { type CheckedCondition, stepConditions, withConditions } from './undecided/step-conditions.ts';
import { whyBlind, whyUndecided } from './undecided/undecided.ts';
import { standing } from './undecided/waiting.ts';
import type { CheckName, Finding, Verdict } from './verdict.ts';
import {
  coldEvidence,
  coldFinding,
  isColdCertain,
  isExcusable,
  isOutOfPatience,
  withCertainty,
} from './warm-up/cold.ts';

export type { LookInput, StepContext } from './input.ts';
export { type JudgeState, openJudgement } from './state.ts';

export interface Look {
  readonly state: JudgeState;
  readonly verdict: Verdict;
  /** The largest latency threshold in use (guards included), for the recorder; at least 250 ms, at most 30 s. */
  readonly slowAfterMs: number;
}

/**
 * One look: feeds the closed blocks one by one and returns the verdict. Queued blocks decide as they would have one at
 * a time; once the canary was found harmful, that verdict stays.
 */
export function look(policy: Policy, before: JudgeState, input: LookInput): Look {
  const known = recall(policy, before);
  if (known.decided !== null) return toldOf(policy, known, known.decided, pastOf(known));
  const evidence = readEvidence(input, known.checks.latency.form);
  let state = enterStage(known, input.step);
  if (evidence.blocks.length > 0) state = { ...state, fedAt: input.at };
  for (const block of evidence.blocks) {
    const seen = observe(policy, onClockOf(state, block), block, input.step);
    state = withCertainty(policy, seen, input, thresholdsOf(policy, input.step).harm);
    const decided = decidedLook(policy, state, input);
    if (decided !== null) return decided;
  }
  const unitFault = input.units ? faultOfUnits(input.units) : null;
  if (input.units && unitFault === null) {
    state = weighUnits(policy, state, input.units, input.step);
    const decided = decidedLook(policy, state, input);
    if (decided !== null) return decided;
  }
  const blind = evidence.blind ?? (unitFault === null ? null : `the counts by key are unusable: ${unitFault}`);
  const past = pastOf(state);
  const verdict = verdictOf(policy, state, input, blind, past);
  return toldOf(policy, state, withReservations(verdict, reservationsOf(policy, state, input)), past);
}

/** What a compared step has to have; null in every other stage. */
function conditionsIn(
  policy: Policy,
  state: JudgeState,
  input: LookInput,
  findings: readonly Finding[],
  holds: readonly Hold[],
  past: Tails,
): readonly CheckedCondition[] | null {
  if (input.step.kind !== 'weight') return null;
  return stepConditions(policy, state, input, findings, holds, staleAfterMs(policy, state, past));
}

/** The final look at a canary that was found harmful; null while it is not. */
function decidedLook(policy: Policy, state: JudgeState, input: LookInput): Look | null {
  const harm = harmOf(policy, state, input);
  if (harm === null) return null;
  const past = pastOf(state);
  const verdict =
    harm === 'by-evidence'
      ? harmVerdict('harmful', policy, state, input, past)
      : coldVerdict('harmful', policy, state, input, past);
  return toldOf(policy, { ...state, decided: verdict }, verdict, past);
}

function toldOf(policy: Policy, state: JudgeState, verdict: Verdict, past: Tails): Look {
  return { state, verdict, slowAfterMs: slowAfterMs(policy, state.checks, past) };
}

/** The stable's past latencies, ready for lookup. */
function pastOf({ checks }: JudgeState): Tails {
  return tailsOf(checks.latency.reference);
}

function harmOf(policy: Policy, state: JudgeState, input: LookInput): 'by-evidence' | 'in-warm-up' | null {
  if (state.canaryBlocks < policy.spec.judge.minBlocks) return null;
  if (evidenceOf(policy, state, input) >= thresholdsOf(policy, input.step).harm) return 'by-evidence';
  return isOutOfPatience(policy, state) ? 'in-warm-up' : null;
}

function evidenceOf(policy: Policy, state: JudgeState, { skippedChecks }: LookInput): number {
  return skippedChecks.length === 0 ? state.harm.level : combinedLog(stakesOf(policy, state, skippedChecks));
}

// The order of the branches is the precedence of the verdicts.
function verdictOf(policy: Policy, state: JudgeState, input: LookInput, blind: string | null, past: Tails): Verdict {
  const thresholds = thresholdsOf(policy, input.step);
  const logEvidence = evidenceOf(policy, state, input);
  const suspicion = suspicionOf(policy, state, input, past, logEvidence >= thresholds.hold);
  const all = suspicion?.findings ?? findingsOf(policy, state, input, state.step, past);
  const findings =
    suspicion !== null || input.step.kind === 'weight'
      ? all
      : all.filter(({ check }) => isToldIn(policy, check, input.step.kind));
  const holds = holdsOf(policy, state, findings);
  const conditions = conditionsIn(policy, state, input, findings, holds, past);
  if (suspicion !== null) return withConditions(suspicion, conditions);
  const facts = { logEvidence, logThreshold: thresholds.harm, logHold: thresholds.hold, findings, forecast: null };
  if (alarmOf(state.fault, state.slowness) !== null) {
    // A stable that is broken by itself is most of a route that fails as a whole, and the truer thing to say.
    const broken = holds.find(({ kind }) => kind === 'no-baseline');
    const reason = broken?.reason ?? explainSharedFault(state);
    const told = { ...facts, name: 'shared-fault', reason, worst: null, needs: null } as const;
    return withConditions({ ...told, ...(broken ? standing(broken) : {}) }, conditions);
  }
  const unseen = whyBlind(holds, blind);
  if (unseen !== null) return withConditions({ ...facts, name: 'blind', ...unseen, needs: null }, conditions);
  const undecided = whyUndecided(policy, state, input, findings, holds, conditions ?? []);
  const forecast = forecastOf(policy, state, input, findings, undecided?.hold);
  if (undecided !== null) {
    const said = withAside(undecided.reason, findings);
    const reason = state.anew === null ? said : `${said}; ${state.anew}`;
    return withConditions({ ...facts, name: 'undecided', ...undecided, reason, forecast }, conditions);
  }
  const reason = withAside(explainParity(policy, findings, state.step.canary.requests), findings);
  return withConditions({ ...facts, name: 'at-parity', reason, worst: null, needs: null, forecast }, conditions);
}

/** What the evidence of harm says, by itself or in the warm-up; null where it does not hold the canary. */
function suspicionOf(
  policy: Policy,
  state: JudgeState,
  input: LookInput,
  past: Tails,
  isHeld: boolean,
): Verdict | null {
  const goesBack = isColdCertain(state) && isExcusable(policy, state);
  if (goesBack) return { ...coldVerdict('suspect', policy, state, input, past), goBack: true };
  return isHeld ? harmVerdict('suspect', policy, state, input, past) : null;
}

// One or few keys that fail are said whichever check decides.
function withAside(reason: string, findings: readonly Finding[]): string {
  const [aside] = findings.flatMap(({ aside, dryRun }) => (aside === undefined || dryRun ? [] : aside));
  return aside === undefined || reason.includes(aside) ? reason : `${reason}; ${aside}`;
}

// Where the canary serves alone, checks that only compare say nothing.
function isToldIn(policy: Policy, check: CheckName, stage: LookInput['step']['kind']): boolean {
  const terms = termsOf(policy, check);
  if (terms === null) return false;
  return terms.against !== 'stable' || (stage === 'internal' && terms.whileInternal === true);
}

function harmVerdict(
  name: 'harmful' | 'suspect',
  policy: Policy,
  state: JudgeState,
  input: LookInput,
  past: Tails,
): Verdict {
  const thresholds = thresholdsOf(policy, input.step);
  const stakes = stakesOf(policy, state, input.skippedChecks);
  const findings = findingsOf(policy, state, input, state.harm.since, past);
  const { since } = state.harm;
  const logThreshold = name === 'harmful' ? thresholds.harm : thresholds.hold;
  const largest = carrierOf(policy, stakes, largestStake(stakes), since, logThreshold);
  const alone = largest !== null && partOf(largest) >= logThreshold;
  const figures = {
    finding: findings.find(({ check }) => check === largest?.check) ?? null,
    since,
    combined: alone ? null : stakes,
  };
  return {
    name,
    reason: name === 'harmful' ? explainHarm(policy, figures) : explainSuspicion(policy, figures),
    logEvidence: combinedLog(stakes),
    logThreshold: thresholds.harm,
    logHold: thresholds.hold,
    findings,
    worst: alone ? largest.check : 'combined',
    ...(largest === null ? {} : { leads: largest.check }),
    needs: null,
    forecast: null,
  };
}

/** What the warm-up alone says: its evidence has its own share of the budget, and the figures are those since the increase. */
function coldVerdict(
  name: 'harmful' | 'suspect',
  policy: Policy,
  state: JudgeState,
  input: LookInput,
  past: Tails,
): Verdict {
  const thresholds = thresholdsOf(policy, input.step);
  const { log, parts } = coldEvidence(policy, state, input.skippedChecks);
  const findings = findingsOf(policy, state, input, state.step, past);
  const [largest] = parts;
  const finding = findings.find(({ check }) => check === largest?.check) ?? null;
  const figures = { finding, since: state.step, combined: null };
  // Once certain in a warm-up it stays so, whatever the evidence is by now.
  const logEvidence = isColdCertain(state) ? Math.max(log, thresholds.harm) : log;
  return {
    name,
    reason:
      name === 'harmful' ? explainImpatience(policy, figures, state.checks.gross.hurt) : explainCold(policy, figures),
    logEvidence,
    logThreshold: thresholds.harm,
    logHold: thresholds.hold,
    findings: finding === null ? findings : [...findings, coldFinding(policy, state, finding, logEvidence)],
    worst: largest?.check ?? null,
    needs: null,
    forecast: null,
  };
}
