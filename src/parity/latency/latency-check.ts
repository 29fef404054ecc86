import type { Policy } from '../../policy/schema.ts';
import { coldDominance, logDominanceHarm } from '../../stats/latency/dominance.ts';
import { coldQuantile, logQuantileHarm } from '../../stats/latency/quantile.ts';
import { coldBoundary, logBoundaryHarm } from '../../stats/latency/slower.ts';
import { type Check, reactionOf } from '../check.ts';
import { formatLatency } from '../figures.ts';
import type { CheckName, QuantileName } from '../finding.ts';
import type { ShareOf, Stake } from '../stake.ts';
import { dominanceFinding } from './dominance-finding.ts';
import { type LatencyState, observeLatency, openLatency, QUANTILES, restartLatencyParity } from './latency.ts';
import { quantileFinding } from './quantile-finding.ts';
import { slowerFindings } from './slower-finding.ts';
import { latencyLabel } from './until.ts';

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
  observe(state, { policy, compared, bet, phi, phase, split, form, latency }) {
    const { checks, judge } = policy.spec;
    const span = { phase, split, referenceHalfLifeMs: judge.reference };
    return observeLatency(checks, { ...state, form }, compared, { ...bet, phi: phi.latency }, span, latency);
  },
  restart: restartLatencyParity,
  stakes: latencyStakes,
  findings({ spec: { checks } }, state, context) {
    const { shareOf, past, warmUpLeftMs } = context;
    const of = (name: CheckName) => ({ ...context, budgetWeight: shareOf(name) });
    if (state.form?.kind === 'boundaries') {
      const budgetWeight = boundaryShare(checks, state, shareOf);
      return slowerFindings(checks, state.slower, { ...context, budgetWeight }, warmUpLeftMs);
    }
    return [
      ...QUANTILES.map((name) => quantileFinding(checks, name, state, past, of(name), warmUpLeftMs)),
      dominanceFinding(checks, state, past, of('dominance')),
    ];
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
