import { observeRate } from '../parity/errors.ts';
import { observeGuards } from '../parity/guards.ts';
import { observeLatency, restartLatencyParity } from '../parity/latency.ts';
import type { Policy } from '../policy/schema.ts';
import type { Bet } from '../stats/bet.ts';
import type { Block, Tally } from '../stats/block.ts';
import { restartRateParity } from '../stats/error-rate.ts';
import { advanceSchedule, type OnsetSchedule, spentMass } from '../stats/onset-schedule.ts';
import { NO_PACE, stepPace } from '../stats/pace.ts';
import { EMPTY_WINDOW, extendWindow } from '../stats/window.ts';
import { combinedLog, stakesOf } from './budget.ts';
import type { StepContext } from './input.ts';
import type { JudgeState } from './state.ts';
import { thresholdsOf } from './thresholds.ts';

const CEILING_ABOVE_THRESHOLD = 3;
const FULL_BPS = 10_000;
const RIPPLE = 0.02;

/** A new stage restarts what is shown per step: parity and the figures. Evidence of harm is the whole rollout's. */
export function enterStage(state: JudgeState, step: StepContext): JudgeState {
  const stage = `${step.kind}:${step.index}`;
  if (state.stage === stage) return state;
  return {
    ...state,
    stage,
    errors: restartRateParity(state.errors),
    clientErrors: restartRateParity(state.clientErrors),
    latency: restartLatencyParity(state.latency),
    step: EMPTY_WINDOW,
  };
}

/** One block of evidence. A block of an older split than the stage's is evidence of harm, but not of parity here. */
export function observe(policy: Policy, state: JudgeState, block: Block, step: StepContext): JudgeState {
  const { checks, guards, judge, steps } = policy.spec;
  const thresholds = thresholdsOf(policy, step);
  const split = state.splitEpoch === null || state.splitEpoch === block.splitEpoch ? 'same-step' : 'step-changed';
  const current = block.splitEpoch === step.splitEpoch;

  const randomised = block.canaryBps > 0 && block.canaryBps < FULL_BPS;
  const compared: Block = randomised ? block : { ...block, canary: null };
  const guarded = guardedTally(block, step);
  const hasCanary = guarded !== null && guarded.requests > 0;
  const hasBoth = hasRequests(compared.canary) && hasRequests(compared.stable);

  const canarySince = state.canarySince ?? (hasCanary ? block.startedAt : null);
  const warm = canarySince === null || block.startedAt < canarySince + judge.warmUp ? 'warm-up' : 'judged';
  const onset = {
    comparison: advance(state.onset.comparison, block, split, hasBoth),
    guards: advance(state.onset.guards, block, split, hasCanary),
  };
  const bet: Bet = {
    cap: thresholds.cap,
    spent: spentMass(onset.comparison, steps.filter((declared) => 'weight' in declared).length),
    parity: step.kind === 'weight' && current ? 'counted' : 'left-out',
    parityCeiling: thresholds.parity + CEILING_ABOVE_THRESHOLD,
  };
  // The stages that guards watch are the steps and the bake.
  const guardsSpent = spentMass(onset.guards, steps.length + 1);
  const stableTally = block.canaryBps < FULL_BPS ? block.stable : null;
  const pace = split === 'same-step' ? state.pace : NO_PACE;

  const next: JudgeState = {
    ...state,
    splitEpoch: block.splitEpoch,
    measuredUntil: block.startedAt + block.durationMs,
    canarySince,
    canaryBlocks: state.canaryBlocks + (hasCanary ? 1 : 0),
    onset,
    errors: observeRate(checks, 'errors', state.errors, compared, bet),
    clientErrors: observeRate(checks, 'clientErrors', state.clientErrors, compared, bet),
    latency: observeLatency(checks, state.latency, compared, bet, warm, policy.spec.judge.reference),
    guards:
      guarded === null ? state.guards : observeGuards(guards, state.guards, guarded, thresholds.cap, guardsSpent, warm),
    pace: randomised
      ? stepPace(pace, block.canary?.requests ?? 0, block.stable?.requests ?? 0, block.durationMs)
      : pace,
    step: current ? extendWindow(state.step, block, guarded, stableTally) : state.step,
  };
  return hasCanary ? { ...next, harm: followHarm(policy, next, block, guarded, stableTally) } : next;
}

// The lowest point of a sum of log-likelihood ratios is the usual estimate of when a change set in. The slack passes
// over the ripples of a healthy canary.
function followHarm(
  policy: Policy,
  state: JudgeState,
  block: Block,
  canary: Tally | null,
  stable: Tally | null,
): JudgeState['harm'] {
  const level = combinedLog(stakesOf(policy, state, []));
  const lowest = Math.min(level, state.harm.lowest);
  if (level <= lowest + RIPPLE) return { lowest, since: EMPTY_WINDOW };
  return { lowest, since: extendWindow(state.harm.since, block, canary, stable) };
}

// In a consumer step the listed consumers are the canary's traffic; in the internal phase it has none to guard.
function guardedTally(block: Block, step: StepContext): Tally | null {
  if (block.canaryBps > 0) return block.canary;
  return step.kind === 'consumers' ? block.ruled.canary : null;
}

function advance(
  schedule: OnsetSchedule,
  block: Block,
  split: 'same-step' | 'step-changed',
  hasTraffic: boolean,
): OnsetSchedule {
  return hasTraffic || schedule.startedAt !== null ? advanceSchedule(schedule, block.startedAt, split) : schedule;
}

function hasRequests(tally: Tally | null): boolean {
  return tally !== null && tally.requests > 0;
}
