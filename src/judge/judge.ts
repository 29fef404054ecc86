import { slowestGuardMs } from '../parity/guards.ts';
import { slowestThresholdMs } from '../parity/latency.ts';
import type { Policy } from '../policy/schema.ts';
import { combinedLog, largestStake, partOf, stakesOf } from './budget.ts';
import { readEvidence } from './evidence.ts';
import { explainHarm, explainParity, explainSuspicion } from './explain.ts';
import { findingsOf } from './findings.ts';
import type { LookInput } from './input.ts';
import { enterStage, observe } from './observe.ts';
import type { JudgeState } from './state.ts';
import { thresholdsOf } from './thresholds.ts';
import { whyUndecided } from './undecided.ts';
import type { Verdict } from './verdict.ts';

export type { LookInput, StepContext } from './input.ts';
export { type JudgeState, openJudgement } from './state.ts';

export interface Look {
  readonly state: JudgeState;
  readonly verdict: Verdict;
  /** The largest latency threshold in use (guards included), for the recorder; at least 250 ms, at most 30 s. */
  readonly slowAfterMs: number;
}

const SHORTEST_SLOW_MS = 250;
const LONGEST_SLOW_MS = 30_000;
/** Thresholds follow the stable's past, and may have grown by so much when the block closes. */
const ROOM_TO_GROW = 1.25;

/**
 * One look: feeds the closed blocks one by one and says where the rollout stands. Blocks that queued up decide as they
 * would have one at a time; what found the canary harmful stays the verdict.
 */
export function look(policy: Policy, before: JudgeState, input: LookInput): Look {
  if (before.decided !== null) return finish(policy, before, before.decided);
  const evidence = readEvidence(input);
  let state = enterStage(before, input.step);
  if (evidence.blocks.length > 0) state = { ...state, fedAt: input.at };
  for (const block of evidence.blocks) {
    state = observe(policy, state, block, input.step);
    if (isHarmful(policy, state, input)) {
      const verdict = harmVerdict('harmful', policy, state, input);
      return finish(policy, { ...state, decided: verdict }, verdict);
    }
  }
  return finish(policy, state, verdictOf(policy, state, input, evidence.blind));
}

function isHarmful(policy: Policy, state: JudgeState, input: LookInput): boolean {
  const level = combinedLog(stakesOf(policy, state, input.skippedChecks));
  return level >= thresholdsOf(policy, input.step).harm && state.canaryBlocks >= policy.spec.judge.minBlocks;
}

// The order of the branches is the precedence of the verdicts.
function verdictOf(policy: Policy, state: JudgeState, input: LookInput, blind: string | null): Verdict {
  const thresholds = thresholdsOf(policy, input.step);
  const logEvidence = combinedLog(stakesOf(policy, state, input.skippedChecks));
  if (logEvidence >= thresholds.hold) return harmVerdict('suspect', policy, state, input);
  const all = findingsOf(policy, state, input, state.step);
  const findings = input.step.kind === 'weight' ? all : all.filter(({ check }) => check.startsWith('guard:'));
  const facts = { logEvidence, logThreshold: thresholds.harm, logHold: thresholds.hold, findings };
  if (blind !== null) return { ...facts, name: 'blind', reason: blind, worst: null, needs: null };
  const undecided = whyUndecided(policy, state, input, findings, staleAfterMs(policy, state));
  if (undecided !== null) return { ...facts, name: 'undecided', ...undecided };
  const reason = explainParity(findings, state.step.canary.requests);
  return { ...facts, name: 'at-parity', reason, worst: null, needs: null };
}

function harmVerdict(name: 'harmful' | 'suspect', policy: Policy, state: JudgeState, input: LookInput): Verdict {
  const thresholds = thresholdsOf(policy, input.step);
  const stakes = stakesOf(policy, state, input.skippedChecks);
  const findings = findingsOf(policy, state, input, state.harm.since);
  const largest = largestStake(stakes);
  const alone = largest !== null && partOf(largest) >= (name === 'harmful' ? thresholds.harm : thresholds.hold);
  const figures = {
    finding: findings.find(({ check }) => check === largest?.check) ?? null,
    since: state.harm.since,
    combined: alone ? null : stakes,
  };
  return {
    name,
    reason: name === 'harmful' ? explainHarm(figures, policy.spec.judge.alpha) : explainSuspicion(figures),
    logEvidence: combinedLog(stakes),
    logThreshold: thresholds.harm,
    logHold: thresholds.hold,
    findings,
    worst: alone ? largest.check : 'combined',
    needs: null,
  };
}

function finish(policy: Policy, state: JudgeState, verdict: Verdict): Look {
  return { state, verdict, slowAfterMs: slowAfterMs(policy, state) };
}

// Before the stable's latency is known, no threshold is: an open request may yet be slow by any of them.
function slowAfterMs(policy: Policy, state: JudgeState): number {
  const quantiles = slowestThresholdMs(policy.spec.checks, state.latency);
  if (quantiles === null) return LONGEST_SLOW_MS;
  const slowest = Math.max(quantiles, slowestGuardMs(policy.spec.guards) ?? 0) * ROOM_TO_GROW;
  return Math.min(LONGEST_SLOW_MS, Math.max(SHORTEST_SLOW_MS, slowest));
}

// A block closes at the latest this long after it began, two of them when a look just missed one.
function staleAfterMs(policy: Policy, state: JudgeState): number {
  return 2 * policy.spec.judge.block + slowAfterMs(policy, state);
}
