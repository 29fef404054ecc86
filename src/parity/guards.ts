import type { Guards } from '../policy/schema.ts';
import type { LatencyGrid, SlowerCounts, Tally } from '../stats/block.ts';
import type { Bet } from '../stats/evidence/bet.ts';
import { rateInterval } from '../stats/evidence/confidence.ts';
import { errorGuardLogE, slowGuardLogE } from '../stats/evidence/guard.ts';
import { logMixture, type OnsetMixture, openMixture, stepMixture } from '../stats/evidence/onset.ts';
import { gridOf } from '../stats/latency/latency-form.ts';
import { bucketOn, histogramOn } from '../stats/latency/latency-grid.ts';
import { type Histogram, massAbove } from '../stats/latency/log-histogram.ts';
import { ODDS_GRID, ODDS_WEIGHTS } from '../stats/latency/quantile.ts';
import { RATIO_GRID, RATIO_WEIGHTS } from '../stats/rates/error-rate.ts';
import type { Check } from './check.ts';
import type { LookContext, Tempering } from './context.ts';
import { formatLatency, formatShare } from './figures.ts';
import type { CheckName, Finding, GuardName } from './finding.ts';
import { LEVELS } from './latency/latency.ts';

/** One test for each guard that the policy has. */
export type GuardsState = Readonly<Partial<Record<GuardName, OnsetMixture>>>;

const GUARDS: readonly GuardName[] = ['errors', 'p50', 'p95', 'p99'];

/** What a guard tolerates: a share of events, and for a latency, the time above which an answer is an event. */
interface Tolerance {
  readonly name: GuardName;
  readonly share: number;
  readonly slowerThanMs: number | null;
}

/** What guards are told about a block besides its counts; see `Bet`. */
interface GuardBet extends Pick<Bet, 'cap' | 'spent'> {
  readonly phi: Tempering;
  /** The grid of the block's latencies. */
  readonly grid: LatencyGrid;
}

/** Limits that apply to the canary alone, including in the bake and for listed consumers. */
export const guardsCheck: Check<GuardsState> = {
  names: { listed: GUARDS.map(guardCheckName) },
  terms({ spec: { guards } }, check) {
    const name = GUARDS.find((guard) => guardCheckName(guard) === check);
    return name === undefined
      ? null
      : { label: `guard ${name}`, dryRun: guards.dryRun.includes(name), against: 'limit' };
  },
  // The guards that count share the weight equally.
  claims({ spec: { guards } }) {
    const counted = guardNames(guards).filter((name) => !guards.dryRun.includes(name));
    return counted.map((name) => ({ check: guardCheckName(name), of: 'guards', part: [1, counted.length] }));
  },
  open: ({ spec: { guards } }) => openGuards(guards),
  observe(state, { policy, guarded, bet, guardsSpent, phi, form, phase }) {
    if (guarded === null) return state;
    const guardBet = { cap: bet.cap, spent: guardsSpent, phi, grid: gridOf(form) };
    return observeGuards(policy.spec.guards, state, guarded, guardBet, phase);
  },
  stakes: ({ spec: { guards } }, state, shareOf) =>
    guardNames(guards).map((name) => ({
      check: guardCheckName(name),
      weight: shareOf(guardCheckName(name)),
      logHarm: logGuardHarm(state, name),
    })),
  findings: ({ spec: { guards } }, state, context) => guardFindings(guards, state, context),
};

/** The guards that the policy has, in display order. */
function guardNames(guards: Guards): readonly GuardName[] {
  return GUARDS.filter((name) => guards[name] !== undefined);
}

function openGuards(guards: Guards): GuardsState {
  return Object.fromEntries(
    guardNames(guards).map((name) => [name, openMixture(name === 'errors' ? RATIO_GRID.length : ODDS_GRID.length)]),
  );
}

/**
 * One block of the canary's guarded traffic. Each guard is a one-sample test of the block's mean.
 */
function observeGuards(
  guards: Guards,
  state: GuardsState,
  canary: Tally,
  bet: GuardBet,
  phase: 'warm-up' | 'judged',
): GuardsState {
  return Object.fromEntries(
    tolerances(guards).map((tolerance) => {
      const mixture = mixtureOf(state, tolerance.name);
      if (tolerance.slowerThanMs !== null && phase === 'warm-up') return [tolerance.name, mixture];
      return [tolerance.name, stepMixture(mixture, bet.spent, logEOf(tolerance, canary, bet))];
    }),
  );
}

/** The largest latency that a guard tolerates, in ms; null without latency guards. */
export function slowestGuardMs(guards: Guards): number | null {
  const limits = tolerances(guards).flatMap(({ slowerThanMs }) => (slowerThanMs === null ? [] : [slowerThanMs]));
  return limits.length === 0 ? null : Math.max(...limits);
}

function logGuardHarm(state: GuardsState, name: GuardName): number {
  return logMixture(mixtureOf(state, name), name === 'errors' ? RATIO_WEIGHTS : ODDS_WEIGHTS);
}

function guardFindings(guards: Guards, state: GuardsState, context: LookContext): readonly Finding[] {
  return tolerances(guards).map((tolerance) => {
    const { canary } = context.figures;
    const { slowerThanMs } = tolerance;
    const [answers, events] =
      slowerThanMs === null
        ? [canary.requests, canary.errors]
        : slowAnswers(canary.latency, canary.slower, slowerThanMs, context.grid);
    const isUnseen = slowerThanMs !== null && answers === 0 && (canary.slower?.answers ?? 0) > 0;
    const share = answers === 0 ? null : events / answers;
    return {
      check: guardCheckName(tolerance.name),
      canary: share,
      stable: null,
      unit: 'share',
      quantile: null,
      bounds: { canary: rateInterval(events, answers), stable: null },
      requests: { canary: answers, stable: 0 },
      logHarm: logGuardHarm(state, tolerance.name),
      budgetWeight: context.shareOf(guardCheckName(tolerance.name)),
      dispersion: tolerance.slowerThanMs === null ? context.phi.rate : context.phi.latency,
      logParity: null,
      logParityThreshold: null,
      rollbackMargin: limitInWords(tolerance),
      parityMargin: null,
      needsCanaryRequests: null,
      needsAt: [],
      says:
        share === null
          ? isUnseen
            ? `guard ${tolerance.name}: the histogram has no boundary at ${formatLatency(slowerThanMs)} or above, so that it sees nothing`
            : `guard ${tolerance.name}: nothing measured yet`
          : `guard ${foundInWords(tolerance, share)}`,
    };
  });
}

function guardCheckName(name: GuardName): CheckName {
  return `guard:${name}`;
}

function tolerances(guards: Guards): readonly Tolerance[] {
  return guardNames(guards).map((name) => {
    const limit = guards[name] ?? 0;
    return name === 'errors'
      ? { name, share: limit, slowerThanMs: null }
      : { name, share: 1 - LEVELS[name], slowerThanMs: limit };
  });
}

// Only buckets entirely above the limit count as slow, so a limit is rounded up by at most 2 %.
function logEOf(tolerance: Tolerance, canary: Tally, { cap, phi, grid }: GuardBet): readonly number[] {
  if (tolerance.slowerThanMs === null) {
    return errorGuardLogE(canary.requests, canary.errors, tolerance.share, cap, phi.rate);
  }
  const latency = histogramOn(canary.latency, grid);
  const [answers, slow] = slowAnswers(latency, canary.slower, tolerance.slowerThanMs, grid);
  return slowGuardLogE(answers, slow, tolerance.share, cap, phi.latency);
}

// With fixed boundaries, the first at or above the limit counts; without one, nothing is known: no answers.
function slowAnswers(
  latency: Histogram,
  slower: SlowerCounts | undefined,
  limitMs: number,
  grid: LatencyGrid,
): readonly [answers: number, slow: number] {
  if (slower === undefined) return [latency.total, massAbove(latency, bucketOn(limitMs, grid))];
  const boundary = slower.above.find(({ ms }) => ms >= limitMs);
  return boundary === undefined ? [0, 0] : [slower.answers, boundary.count];
}

function mixtureOf(state: GuardsState, name: GuardName): OnsetMixture {
  return state[name] ?? openMixture(name === 'errors' ? RATIO_GRID.length : ODDS_GRID.length);
}

/** `errors (2 %): 8 % of requests failed`, `p99 (800 ms): 3 % of answers are slower, at most 1 % tolerated`. */
function foundInWords({ name, share: tolerated, slowerThanMs }: Tolerance, share: number): string {
  if (slowerThanMs === null) return `${name} (${formatShare(tolerated)}): ${formatShare(share)} of requests failed`;
  const limit = formatLatency(slowerThanMs);
  return `${name} (${limit}): ${formatShare(share)} of answers are slower, at most ${formatShare(tolerated)} tolerated`;
}

function limitInWords({ share, slowerThanMs }: Tolerance): string {
  return slowerThanMs === null
    ? `at most ${formatShare(share)} errors`
    : `at most ${formatShare(share)} slower than ${formatLatency(slowerThanMs)}`;
}
