import type { Guards } from '../policy/schema.ts';
import type { Block, LatencyGrid, SlowerCounts, Tally } from '../stats/block.ts';
import { type Interval, rateInterval } from '../stats/evidence/confidence.ts';
import { errorGuardLogE, guardBesideStable, slowGuardLogE } from '../stats/evidence/guard.ts';
import { logMixture, type OnsetMixture, openMixture, stepMixture } from '../stats/evidence/onset.ts';
import type { Totals } from '../stats/evidence/window.ts';
import { gridOf } from '../stats/latency/latency-form.ts';
import { bucketOn, histogramOn } from '../stats/latency/latency-grid.ts';
import { type Histogram, massAbove } from '../stats/latency/log-histogram.ts';
import { ODDS_GRID, ODDS_WEIGHTS } from '../stats/latency/quantile.ts';
import { expectedRate, learnStable, type PastRate, RATIO_GRID, RATIO_WEIGHTS } from '../stats/rates/error-rate.ts';
import type { Check } from './check.ts';
import type { LookContext, Sight } from './context.ts';
import { formatLatency, formatShare } from './figures.ts';
import type { CheckName, Finding, GuardName } from './finding.ts';
import { LEVELS } from './latency/latency.ts';

/** One test for each guard that the policy has, and what the stable did beyond the same limits. */
export interface GuardsState extends Readonly<Partial<Record<GuardName, OnsetMixture>>> {
  readonly stable: Readonly<Partial<Record<GuardName, PastRate>>>;
  /** What the worst keys did that are left out, in the present stage; missing while none were. */
  readonly leftOut?: LeftOut;
}

type LeftOut = NonNullable<Block['worstUnit']>;

const GUARDS: readonly GuardName[] = ['errors', 'p50', 'p95', 'p99'];

/** What a guard tolerates: a share of events, and for a latency, the time above which an answer is an event. */
export interface Tolerance {
  readonly name: GuardName;
  readonly share: number;
  readonly slowerThanMs: number | null;
}

/** Answers of one version in a block, and those of them beyond the limit. */
export type Beyond = readonly [answers: number, events: number];

/**
 * Absolute limits on the canary, including in the bake and for listed consumers. The key of a sticky route that fails most is left
 * out of the errors in the bake: one client may be all that breaks the limit, by either version. Where the stable serves beside it, the
 * canary has to be worse than the stable as well: what both fail at is no fault of the canary.
 */
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
  observe: (state, sight) =>
    tolerances(sight.policy.spec.guards).reduce(
      (known, tolerance) => observeGuard(known, tolerance, sight),
      leaveOut(state, sight.block.worstUnit),
    ),
  restart: restartGuards,
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
  const tests = guardNames(guards).map((name) => [
    name,
    openMixture(name === 'errors' ? RATIO_GRID.length : ODDS_GRID.length),
  ]);
  return { ...Object.fromEntries(tests), stable: {} };
}

/** One block of the canary's guarded traffic: a one-sample test of its mean, and a comparison where there is one. */
function observeGuard(state: GuardsState, tolerance: Tolerance, sight: Sight): GuardsState {
  const { name, slowerThanMs, share } = tolerance;
  const { of, compared, bet, guardsSpent, phase } = sight;
  // Beside the stable both are counted in the same blocks.
  const guarded = of === 'both' ? compared.canary : sight.guarded;
  const phi = slowerThanMs === null ? sight.phi.rate : sight.phi.latency;
  const [ns, xs] = compared.stable === null ? [0, 0] : beyond(tolerance, compared.stable, sight.latency.stable, sight);
  const past = state.stable[name] ?? { events: 0, requests: 0 };
  const stable =
    bet.past === 'frozen'
      ? state.stable
      : { ...state.stable, [name]: learnStable(past, { nc: 0, xc: 0, ns, xs }, compared.durationMs) };
  // One client may be all that breaks a limit where keys are sticky: there the keys are compared.
  const isOfKeys = of === 'both' && sight.assignment === 'by-key';
  if (guarded === null || isOfKeys || (slowerThanMs !== null && phase === 'warm-up')) return { ...state, stable };
  const latency = of === 'both' ? sight.latency.canary : histogramOn(guarded.latency, gridOf(sight.form));
  const all = beyond(tolerance, guarded, latency, sight);
  const [nc, xc] = slowerThanMs === null ? without(all, sight.block.worstUnit) : all;
  const alone = (slowerThanMs === null ? errorGuardLogE : slowGuardLogE)(nc, xc, share, bet.cap, phi);
  const logE =
    of === 'both' ? guardBesideStable(alone, { nc, xc, ns, xs }, expectedRate({ stable: past }), bet.cap, phi) : alone;
  return { ...state, stable, [name]: stepMixture(mixtureOf(state, name), guardsSpent, logE) };
}

function restartGuards(state: GuardsState): GuardsState {
  const { leftOut: _, ...kept } = state;
  return kept;
}

function leaveOut(state: GuardsState, worst: LeftOut | undefined): GuardsState {
  if (worst === undefined) return state;
  const { requests, errors } = state.leftOut ?? { requests: 0, errors: 0 };
  return { ...state, leftOut: { requests: requests + worst.requests, errors: errors + worst.errors } };
}

function without([answers, events]: Beyond, worst: LeftOut | undefined): Beyond {
  if (worst === undefined) return [answers, events];
  return [Math.max(0, answers - worst.requests), Math.max(0, events - worst.errors)];
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
    const { name, slowerThanMs } = tolerance;
    const of = (totals: Totals) =>
      slowerThanMs === null
        ? ([totals.requests, totals.errors] as const)
        : slowAnswers(totals.latency, totals.slower, slowerThanMs, context.grid);
    const canary = of(context.figures.canary);
    const stable = of(context.figures.stable);
    const isUnseen = slowerThanMs !== null && canary[0] === 0 && (context.figures.canary.slower?.answers ?? 0) > 0;
    return {
      check: guardCheckName(name),
      canary: shareOf(canary),
      stable: shareOf(stable),
      unit: 'share',
      quantile: null,
      bounds: { canary: boundsOf(canary), stable: boundsOf(stable) },
      requests: { canary: canary[0], stable: stable[0] },
      logHarm: logGuardHarm(state, name),
      budgetWeight: context.shareOf(guardCheckName(name)),
      dispersion: slowerThanMs === null ? context.phi.rate : context.phi.latency,
      logParity: null,
      logParityThreshold: null,
      rollbackMargin: limitInWords(tolerance),
      parityMargin: null,
      limits: { rollback: tolerance.share, parity: null },
      needsCanaryRequests: null,
      needsAt: [],
      says: isUnseen
        ? `guard ${name}: the histogram has no boundary at ${formatLatency(slowerThanMs)} or above, so that it sees nothing`
        : `${foundInWords(tolerance, shareOf(canary), shareOf(stable))}${leftOutInWords(tolerance, canary, state.leftOut)}`,
    };
  });
}

function shareOf([answers, events]: Beyond): number | null {
  return answers === 0 ? null : events / answers;
}

function boundsOf([answers, events]: Beyond): Interval | null {
  return rateInterval(events, answers);
}

function guardCheckName(name: GuardName): CheckName {
  return `guard:${name}`;
}

/** What the policy's guards tolerate, in display order. */
export function tolerances(guards: Guards): readonly Tolerance[] {
  return guardNames(guards).map((name) => {
    const limit = guards[name] ?? 0;
    return name === 'errors'
      ? { name, share: limit, slowerThanMs: null }
      : { name, share: 1 - LEVELS[name], slowerThanMs: limit };
  });
}

/** Answers of a version beyond a limit. Only buckets entirely above it count as slow, so it is rounded up by at most 2 %. */
export function beyond(
  { slowerThanMs }: Tolerance,
  tally: Tally,
  latency: Histogram,
  { form }: Pick<Sight, 'form'>,
): Beyond {
  if (slowerThanMs === null) return [tally.requests, tally.errors];
  return slowAnswers(latency, tally.slower, slowerThanMs, gridOf(form));
}

// With fixed boundaries, the first at or above the limit counts; without one, nothing is known: no answers.
function slowAnswers(latency: Histogram, slower: SlowerCounts | undefined, limitMs: number, grid: LatencyGrid): Beyond {
  if (slower === undefined) return [latency.total, massAbove(latency, bucketOn(limitMs, grid))];
  const boundary = slower.above.find(({ ms }) => ms >= limitMs);
  return boundary === undefined ? [0, 0] : [slower.answers, boundary.count];
}

function mixtureOf(state: GuardsState, name: GuardName): OnsetMixture {
  return state[name] ?? openMixture(name === 'errors' ? RATIO_GRID.length : ODDS_GRID.length);
}

/**
 * `guard errors (2 %): 8 % of requests failed where 0.1 % of the stable's did`, `guard p99 (800 ms): 3 % of answers are
 * slower where 0.9 % of the stable's are, at most 1 % tolerated`
 */
function foundInWords(
  { name, share: tolerated, slowerThanMs }: Tolerance,
  canary: number | null,
  stable: number | null,
): string {
  if (canary === null) return `guard ${name}: nothing measured yet`;
  const beside = stable === null ? '' : ` where ${formatShare(stable)} of the stable's`;
  if (slowerThanMs === null) {
    const failed = `guard ${name} (${formatShare(tolerated)}): ${formatShare(canary)} of requests failed`;
    return beside === '' ? failed : `${failed}${beside} did`;
  }
  const slow = `guard ${name} (${formatLatency(slowerThanMs)}): ${formatShare(canary)} of answers are slower`;
  const found = beside === '' ? slow : `${slow}${beside} are`;
  return `${found}, at most ${formatShare(tolerated)} tolerated`;
}

/** `, 0.1 % without the key that fails most, which does not count` */
function leftOutInWords({ slowerThanMs }: Tolerance, all: Beyond, leftOut: LeftOut | undefined): string {
  const rest = without(all, leftOut);
  const share = shareOf(rest);
  if (slowerThanMs !== null || leftOut === undefined || share === null || 2 * rest[1] > all[1]) return '';
  return `, ${formatShare(share)} without the key that fails most, which does not count`;
}

function limitInWords({ share, slowerThanMs }: Tolerance): string {
  return slowerThanMs === null
    ? `at most ${formatShare(share)} errors`
    : `at most ${formatShare(share)} slower than ${formatLatency(slowerThanMs)}`;
}
