import type { Policy } from '../../policy/schema.ts';
import type { Bet } from '../../stats/evidence/bet.ts';
import { coldDominance, logDominanceHarm } from '../../stats/latency/dominance.ts';
import { coldQuantile, logQuantileHarm } from '../../stats/latency/quantile.ts';
import { coldBoundary, logBoundaryHarm } from '../../stats/latency/slower.ts';
import { betFor } from '../bet-for.ts';
import { type Check, reactionOf } from '../check.ts';
import { formatLatency } from '../figures.ts';
import type { CheckName, QuantileName } from '../finding.ts';
import type { ShareOf, Stake } from '../stake.ts';
import { END, quantityOf, towardsEnd } from '../values/value-past.ts';
import { dominanceFinding } from './dominance-finding.ts';
import {
  comparedAnswers,
  type LatencyName,
  type LatencyState,
  observeLatency,
  openLatency,
  QUANTILES,
  restartLatencyParity,
} from './latency.ts';
import { sayingOfWhat } from './of-all-answers.ts';
import { quantileFinding } from './quantile-finding.ts';
import { slowerFindings } from './slower-finding.ts';
import { latencyLabel, readsEnd, untilOf } from './until.ts';

/** The tests on a grid of buckets, in the order of their stakes. */
const ON_GRID = ['dominance', ...QUANTILES] as const;
const SLOWER = 'slower:';

/**
 * Response times: the whole distribution and three quantiles, or, when a source knows latencies only at fixed
 * boundaries, the share of answers above each.
 */
export const latencyCheck: Check<LatencyState> = {
  names: { listed: [...QUANTILES, 'dominance'], open: { form: 'slower:MS', pattern: /^slower:\d{1,9}(\.\d{1,3})?$/ } },
  compares: 'requests',
  terms({ spec: { checks } }, name) {
    const { latency } = checks;
    if (isQuantile(name)) return { label: latencyLabel(checks, name), ...reactionOf(latency[name]), against: 'stable' };
    if (name === 'dominance') {
      return { label: latencyLabel(checks, name), ...reactionOf(latency.dominance), against: 'stable' };
    }
    if (!name.startsWith(SLOWER)) return null;
    return {
      label: `answers slower than ${formatLatency(Number(name.slice(SLOWER.length)))}`,
      ...reactionOf(latency.classic),
      against: 'stable',
    };
  },
  claims: () => ON_GRID.map((name) => ({ check: name, of: name, part: [1, 1] })),
  open: openLatency,
  observe(state, sight) {
    const { policy, phi, phase, split, form, allowance } = sight;
    const { block, latency } = comparedAnswers(sight);
    const { checks, judge } = policy.spec;
    const span = {
      phase,
      split,
      referenceHalfLifeMs: judge.reference,
      past: sight.past,
      allowance,
      ...(readsEnd(checks) ? { end: quantityOf(sight, END) } : {}),
      betOf: (name: LatencyName, bet: Bet) => betFor(sight, bet, name),
    };
    // A request's chance is not that of a latency.
    const { drawn: _, ...bet } =
      form?.kind === 'boundaries'
        ? betFor(
            { policy, phase, shareOf: () => boundaryShare(checks, state, sight.shareOf) },
            sight.interrupted,
            SLOWER,
          )
        : sight.interrupted;
    return observeLatency(checks, { ...state, form }, block, { ...bet, phi: phi.latency }, span, latency);
  },
  restart: restartLatencyParity,
  stakes: latencyStakes,
  findings({ spec: { checks } }, state, context) {
    const { shareOf, past, warmUpLeftMs } = context;
    const of = (name: CheckName) => ({ ...context, budgetWeight: shareOf(name) });
    if (state.form?.kind === 'boundaries') {
      const budgetWeight = boundaryShare(checks, state, shareOf);
      return sayingOfWhat(slowerFindings(checks, state.slower, { ...context, budgetWeight }, warmUpLeftMs), context);
    }
    const timed = (name: CheckName) =>
      untilOf(checks, name) === 'end' ? towardsEnd({ ...context, ...of(name) }) : { past, context: of(name) };
    const whole = timed('dominance');
    const findings = [
      ...QUANTILES.map((name) => {
        const seen = timed(name);
        return quantileFinding(checks, name, state[name], seen.past, seen.context, warmUpLeftMs);
      }),
      dominanceFinding(checks, state, whole.past, whole.context),
    ];
    return sayingOfWhat(findings, context);
  },
};

/**
 * The budget belongs to the latency form of the first block, when every test is still at 1. From then on every boundary
 * has its share, and counts as 1 while it takes no part: no choice of boundaries can spend more than the budget
 * allows.
 */
function latencyStakes({ spec: { checks } }: Policy, state: LatencyState, shareOf: ShareOf): readonly Stake[] {
  if (state.form?.kind === 'boundaries') {
    const weight = boundaryShare(checks, state, shareOf);
    return state.slower.map((boundary) => ({
      check: `slower:${boundary.ms}`,
      weight,
      logHarm: logBoundaryHarm(boundary),
      cold: () => coldBoundary(boundary),
    }));
  }
  return [
    {
      check: 'dominance',
      weight: shareOf('dominance'),
      logHarm: logDominanceHarm(state.dominance),
      cold: () => coldDominance(state.dominance),
    },
    ...QUANTILES.map((name) => ({
      check: name,
      weight: shareOf(name),
      logHarm: logQuantileHarm(state[name]),
      cold: () => coldQuantile(state[name]),
    })),
  ];
}

/**
 * The share of each boundary: the total of dominance and the quantiles, in equal parts. When the boundaries
 * only report, it stays unstaked: before the first block it is unknown that latencies have this form.
 */
function boundaryShare({ latency }: Policy['spec']['checks'], { slower }: LatencyState, shareOf: ShareOf): number {
  if (latency.classic.dryRun) return 0;
  return ON_GRID.reduce((sum, name) => sum + shareOf(name), 0) / Math.max(1, slower.length);
}

function isQuantile(name: CheckName): name is QuantileName {
  return QUANTILES.some((quantile) => quantile === name);
}
