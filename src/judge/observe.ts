import type { Sight } from '../parity/context.ts';
import { withEach } from '../parity/each-check.ts';
import type { Policy } from '../policy/schema.ts';
import { WHOLE_BPS } from '../split/assign.ts';
import type { Block, Tally } from '../stats/block.ts';
import type { Bet } from '../stats/evidence/bet.ts';
import { advanceSchedule, type OnsetSchedule, spentMass } from '../stats/evidence/onset-schedule.ts';
import { NO_PACE, type Pace, stepPace } from '../stats/evidence/pace.ts';
import { EMPTY_WINDOW, extendWindow, type Totals, totalsOf } from '../stats/evidence/window.ts';
import { formOf, gridOf } from '../stats/latency/latency-form.ts';
import { histogramOn } from '../stats/latency/latency-grid.ts';
import { EMPTY } from '../stats/latency/log-histogram.ts';
import { stepGroups } from '../stats/rates/dispersion.ts';
import { sentRequests } from '../stats/rates/unanswered.ts';
import { combinedLog, stakesOf } from './budget.ts';
import { watchFault } from './fault/shared-fault.ts';
import type { StepContext } from './input.ts';
import type { JudgeState } from './state.ts';
import { temperingOf } from './tempering.ts';
import { thresholdsOf } from './thresholds.ts';

const CEILING_ABOVE_THRESHOLD = 3;
const RIPPLE = 0.02;

type SplitChange = 'same-split' | 'split-changed';

/** A new stage restarts what is shown per step: parity and the figures. Evidence of harm covers the whole rollout. */
export function enterStage(state: JudgeState, step: StepContext): JudgeState {
  const stage = `${step.kind}:${step.index}`;
  if (state.stage === stage) return state;
  return {
    ...state,
    stage,
    anew: state.stage === null ? state.anew : null,
    checks: withEach(state.checks, (check, known) => check.restart?.(known) ?? known),
    step: EMPTY_WINDOW,
  };
}

/** Adds one block of evidence. A block from an older split than the stage's counts towards harm, but not towards parity. */
export function observe(policy: Policy, state: JudgeState, block: Block, step: StepContext): JudgeState {
  const { judge, steps } = policy.spec;
  const thresholds = thresholdsOf(policy, step);
  const split = state.splitEpoch === null || state.splitEpoch === block.splitEpoch ? 'same-split' : 'split-changed';
  const current = block.splitEpoch === step.splitEpoch;

  const randomised = block.canaryBps > 0 && block.canaryBps < WHOLE_BPS;
  const compared: Block = randomised ? block : { ...block, canary: null };
  const guarded = guardedTally(block, step);
  const stableTally = block.canaryBps < WHOLE_BPS ? block.stable : null;
  const hasCanary = sentRequests(guarded) > 0;
  const hasBoth = sentRequests(compared.canary) > 0 && sentRequests(compared.stable) > 0;

  const canarySince = state.canarySince ?? (hasCanary ? block.startedAt : null);
  const warm = canarySince === null || block.startedAt < canarySince + judge.warmUp ? 'warm-up' : 'judged';
  const onset = {
    comparison: advance(state.onset.comparison, block, split, hasBoth),
    guards: advance(state.onset.guards, block, split, hasCanary),
  };
  const phi = temperingOf(policy, state);
  const past = state.fault.alarm === null ? 'learnt' : 'frozen';
  const bet: Bet = {
    cap: thresholds.cap,
    phi: phi.rate,
    spent: spentMass(onset.comparison, steps.filter((declared) => 'weight' in declared).length),
    parity: step.kind === 'weight' && current && past === 'learnt' ? 'counted' : 'left-out',
    parityCeiling: thresholds.parity + CEILING_ABOVE_THRESHOLD,
    past,
  };
  const form = state.checks.latency.form ?? formOf(block);
  const grid = gridOf(form);
  const totals = { canary: totalsOf(guarded, grid), stable: totalsOf(stableTally, grid) };
  const sight: Sight = {
    policy,
    block,
    compared,
    guarded,
    of: comparable(block, step),
    phase: warm,
    split,
    splitSince: split === 'same-split' ? (state.splitSince ?? block.startedAt) : block.startedAt,
    form,
    latency: {
      canary: randomised ? (totals.canary?.latency ?? EMPTY) : EMPTY,
      stable: totals.stable?.latency ?? histogramOn(compared.stable?.latency ?? {}, grid),
    },
    bet,
    phi,
    // Guards watch the steps and the bake.
    guardsSpent: spentMass(onset.guards, steps.length + 1),
  };

  const next: JudgeState = {
    ...state,
    splitEpoch: block.splitEpoch,
    splitSince: sight.splitSince,
    measuredUntil: block.startedAt + block.durationMs,
    canarySince,
    canaryBlocks: state.canaryBlocks + (hasCanary ? 1 : 0),
    onset,
    checks: withEach(state.checks, (check, known) => check.observe(known, sight)),
    groups: observeGroups(state, stableTally, block.durationMs, past),
    fault: watchFault(state.fault, { ...block, canary: guarded, stable: stableTally }, bet),
    pace: observePace(split === 'same-split' ? state.pace : NO_PACE, block, randomised ? 'randomised' : 'ordered'),
    step: current ? extendWindow(state.step, block, totals.canary, totals.stable) : state.step,
  };
  return hasCanary || block.series !== undefined ? { ...next, harm: followHarm(policy, next, block, totals) } : next;
}

function observeGroups(
  { groups }: JudgeState,
  stable: Tally | null,
  durationMs: number,
  past: Bet['past'],
): JudgeState['groups'] {
  if (past === 'frozen' || stable?.groups === undefined) return groups;
  return stepGroups(groups, stable.groups, durationMs);
}

function observePace(pace: Pace, block: Block, traffic: 'randomised' | 'ordered'): Pace {
  if (traffic === 'ordered') return pace;
  return stepPace(pace, block.canary?.requests ?? 0, block.stable?.requests ?? 0, block.durationMs);
}

// The minimum of a sum of log-likelihood ratios is the usual estimate of when a change set in. The slack ignores
// the small fluctuations of a healthy canary.
function followHarm(
  policy: Policy,
  state: JudgeState,
  block: Block,
  { canary, stable }: { readonly canary: Totals | null; readonly stable: Totals | null },
): JudgeState['harm'] {
  const level = combinedLog(stakesOf(policy, state, []));
  const lowest = Math.min(level, state.harm.lowest);
  if (level <= lowest + RIPPLE) return { level, lowest, since: EMPTY_WINDOW };
  return { level, lowest, since: extendWindow(state.harm.since, block, canary, stable) };
}

// Where no versions are compared, the canary's own limit may still say something.
function comparable({ canaryBps }: Block, { kind }: StepContext): Sight['of'] {
  if (canaryBps > 0 && canaryBps < WHOLE_BPS) return 'both';
  return canaryBps === WHOLE_BPS || kind === 'consumers' ? 'canary' : 'none';
}

// In a consumer step the listed consumers are the canary's traffic; in the internal phase it has no traffic to guard.
function guardedTally(block: Block, step: StepContext): Tally | null {
  if (block.canaryBps > 0) return block.canary;
  return step.kind === 'consumers' ? block.ruled.canary : null;
}

function advance(schedule: OnsetSchedule, block: Block, split: SplitChange, hasTraffic: boolean): OnsetSchedule {
  return hasTraffic || schedule.startedAt !== null
    ? advanceSchedule(schedule, block.startedAt, split === 'same-split' ? 'same-step' : 'step-changed')
    : schedule;
}
