import type { Sight } from '../parity/context.ts';
import { withEach } from '../parity/each-check.ts';
import { COLD } from '../parity/gross.ts';
import { capOf } from '../parity/stake.ts';
import type { Policy } from '../policy/schema.ts';
import { WHOLE_BPS } from '../split/assign.ts';
import type { Block, Tally } from '../stats/block.ts';
import { type Bet, isCompared } from '../stats/evidence/bet.ts';
import type { Injection } from '../stats/evidence/onset.ts';
import { advanceSchedule, type OnsetSchedule, spentMass } from '../stats/evidence/onset-schedule.ts';
import { NO_PACE, type Pace, stepPace } from '../stats/evidence/pace.ts';
import { EMPTY_WINDOW, extendWindow, type Totals, totalsOf, type Window } from '../stats/evidence/window.ts';
import { formOf, gridOf } from '../stats/latency/latency-form.ts';
import { histogramOn } from '../stats/latency/latency-grid.ts';
import { EMPTY } from '../stats/latency/log-histogram.ts';
import { tailsOf } from '../stats/latency/tails.ts';
import { stepGroups } from '../stats/rates/dispersion.ts';
import { coldSpent } from '../stats/rates/gross.ts';
import { sentRequests } from '../stats/rates/unanswered.ts';
import { addressAllowance } from '../stats/slices/addresses.ts';
import { combinedLog, decidingPolicy, sharesOf, stakesOf } from './budget.ts';
import { carryOn, stepArrivals, takeWhole } from './carry.ts';
import { alarmOf } from './fault/fault-detector.ts';
import { watchFault } from './fault/shared-fault.ts';
import { watchSlowness } from './fault/shared-slowness.ts';
import type { StepContext } from './input.ts';
import type { JudgeState } from './state.ts';
import { temperingOf } from './tempering.ts';
import { thresholdsOf } from './thresholds.ts';
import { passedOf, shareOfEntry, stepWarmUp, type WarmUp, type WarmUpPhase } from './warm-up/warm-up.ts';

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
export function observe(policy: Policy, state: JudgeState, given: Block, step: StepContext): JudgeState {
  const block = withoutChance(given);
  const counted = withoutShapes(block);
  const { steps } = policy.spec;
  const thresholds = thresholdsOf(policy, step);
  const split = state.splitEpoch === null || state.splitEpoch === block.splitEpoch ? 'same-split' : 'split-changed';
  const current = block.splitEpoch === step.splitEpoch;

  const randomised = block.canaryBps > 0 && block.canaryBps < WHOLE_BPS;
  const assignment = state.assignment ?? (randomised ? (block.assignment ?? 'per-request') : null);
  // The requests of a sticky key are not independent of each other: only the stable is learnt from them.
  const compares = randomised && assignment !== 'by-key';
  const guarded = guardedTally(block, step);
  const stableTally = block.canaryBps < WHOLE_BPS ? block.stable : null;
  const hasCanary = sentRequests(guarded) > 0;
  // Pairs of probes are requests too, though nobody's, and all that a route may have that nobody uses.
  const isProbed = randomised && (block.probes ?? []).length > 0;
  const isAsked = hasCanary || isProbed;
  // So are mirrored ones, which come in at any weight and warm nothing up that clients would notice.
  const isMirrored = (block.pairs?.compared ?? 0) > 0;
  const warmUp = stepWarmUp(policy.spec, state.warmUp, block, split, isAsked ? 'canary-traffic' : 'none');
  const { phase } = warmUp;
  const passed = passedOf(policy.spec, warmUp, block);
  const past: Bet['past'] = alarmOf(state.fault, state.slowness) === null ? 'learnt' : 'frozen';
  // A ramp moves the weight within an epoch: no carried block spans two weights, nor times with and without young addresses.
  const ages = block.young === undefined ? '' : ' young';
  const known = {
    stretch: `${block.splitEpoch} ${block.canaryBps} ${phase}${ages}`,
    phi: temperingOf(policy, state),
    past,
  };
  const carried = compares
    ? carryOn(state.carry, counted, state.traffic, known)
    : takeWhole({ ...counted, canary: null }, known);
  const { compared, settled, phi } = carried;
  const drawn = carried.drawn === null ? {} : { drawn: carried.drawn };
  const isEvidence = isCompared({ nc: sentRequests(compared.canary), ns: sentRequests(compared.stable) }, drawn);

  const onset = {
    comparison: advance(state.onset.comparison, block, split, isEvidence || isProbed),
    guards: advance(state.onset.guards, block, split, hasCanary),
  };
  // With spec.dryRun no more may come of one block than where it decides.
  const shareOf = sharesOf(decidingPolicy(policy));
  const bet: Bet = {
    ...drawn,
    cap: thresholds.cap,
    phi: phi.rate,
    spent: injectionOf(phase, { entry: warmUp.entries, spent: coldSpent(passed) }, () =>
      spentMass(onset.comparison, steps.filter((declared) => 'weight' in declared).length),
    ),
    parity:
      step.kind === 'weight' && current && carried.past === 'learnt' && phase === 'judged' ? 'counted' : 'left-out',
    parityCeiling: thresholds.parity + CEILING_ABOVE_THRESHOLD,
    past,
  };
  const form = state.checks.latency.form ?? formOf(block);
  const grid = gridOf(form);
  const latencyOf = ({ canary, stable }: Block) => ({
    canary: histogramOn(canary?.latency ?? {}, grid),
    stable: histogramOn(stable?.latency ?? {}, grid),
  });
  const totals = { canary: totalsOf(guarded, grid), stable: totalsOf(stableTally, grid) };
  const reference = tailsOf(state.checks.latency.reference);
  const sight: Sight = {
    policy,
    block,
    compared,
    settled: settled === compared ? null : { block: settled, latency: latencyOf(settled) },
    guarded,
    assignment: assignment ?? 'per-request',
    of: comparable(block, step),
    phase: phase === 'judged' ? 'judged' : 'warm-up',
    warmUp: phase === 'judged' ? null : { entry: warmUp.entries, passed },
    split,
    splitSince: split === 'same-split' ? (state.splitSince ?? block.startedAt) : block.startedAt,
    form,
    latency:
      compared === counted
        ? { canary: totals.canary?.latency ?? EMPTY, stable: totals.stable?.latency ?? EMPTY }
        : latencyOf(compared),
    past: reference,
    valuePasts: state.checks.values.pasts,
    allowance: addressAllowance(state.checks.slices.addresses, reference),
    bet,
    interrupted:
      phase === 'warm-up'
        ? { ...bet, cap: coldCap(policy, shareOfEntry(policy, shareOf(COLD), warmUp.entries), thresholds.cap) }
        : bet,
    phi,
    shareOf,
    // Guards watch the steps and the bake.
    guardsSpent: spentMass(onset.guards, steps.length + 1),
  };

  const next: JudgeState = {
    ...state,
    splitEpoch: block.splitEpoch,
    splitSince: sight.splitSince,
    assignment,
    measuredUntil: block.startedAt + block.durationMs,
    warmUp,
    canaryBlocks: state.canaryBlocks + (isAsked || isMirrored ? 1 : 0),
    onset,
    checks: withEach(state.checks, (check, known) => check.observe(known, sight)),
    groups: observeGroups(state, stableTally, block.durationMs, past),
    fault: watchFault(state.fault, { ...block, canary: guarded, stable: stableTally }, bet),
    slowness: watchSlowness(state.slowness, { ...block, ...totals, grid }, { cap: bet.cap, phi: phi.latency }),
    traffic: stepArrivals(state.traffic, block),
    carry: carried.carry,
    pace: observePace(split === 'same-split' ? state.pace : NO_PACE, block, randomised ? 'randomised' : 'ordered'),
    step: current ? extendWindow(shownOf(state, warmUp), block, totals.canary, totals.stable) : state.step,
  };
  return isAsked || isMirrored || block.series !== undefined
    ? { ...next, harm: followHarm(policy, next, block, totals) }
    : next;
}

// What is left where young addresses are kept apart is not what chance drew: no check may take the weight for its share.
function withoutChance(block: Block): Block {
  if (block.young === undefined || block.assignment !== 'per-request') return block;
  const { assignment: _, ...rest } = block;
  return rest;
}

// What answers look like is compared in blocks of its own, and is too much to be merged and remembered.
function withoutShapes(block: Block): Block {
  const { stable, canary } = block;
  if (stable?.shapes === undefined && canary?.shapes === undefined) return block;
  const bare = (tally: Tally | null): Tally | null => {
    if (tally?.shapes === undefined) return tally;
    const { shapes: _, ...rest } = tally;
    return rest;
  };
  return { ...block, stable: bare(stable), canary: bare(canary) };
}

/** A smaller share of alpha takes more evidence: the same number of blocks as with the whole of it. */
function coldCap(policy: Policy, share: number, otherwise: number): number {
  return share === 0 ? otherwise : capOf(policy, share);
}

function injectionOf(phase: WarmUpPhase, cold: Exclude<Injection, number | 'nothing'>, main: () => number): Injection {
  switch (phase) {
    case 'judged':
      return main();
    case 'warm-up':
      return cold;
    case 'returned':
      return 'nothing';
  }
}

// A warm-up is shown by itself, and what is compared after it without it.
function shownOf({ step, warmUp: before }: JudgeState, now: WarmUp): Window {
  const isOver = before.phase !== 'judged' && now.phase === 'judged';
  return isOver || before.entries !== now.entries ? EMPTY_WINDOW : step;
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
