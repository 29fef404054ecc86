import { levelOf, NAMED_QUANTILE } from '../../policy/names.ts';
import type { Checks } from '../../policy/schema.ts';
import { UNSHOWN } from '../../stats/evidence/parity-process.ts';
import { gridOf } from '../../stats/latency/latency-form.ts';
import {
  coldQuantile,
  logQuantileHarm,
  openQuantile,
  type QuantileState,
  quantileEdge,
  stepQuantile,
} from '../../stats/latency/quantile.ts';
import { betFor } from '../bet-for.ts';
import { type Check, reactionOf } from '../check.ts';
import type { Quantity } from '../context.ts';
import type { CheckName } from '../finding.ts';
import { END, quantityOf, towardsEnd } from '../values/value-past.ts';
import { bucketMargins } from './bucket-margins.ts';
import { comparedAnswers, latencyTails } from './latency.ts';
import { quantileFinding } from './quantile-finding.ts';
import { interpolatedFinding } from './slower-finding.ts';
import { latencyLabel, untilOf } from './until.ts';

/** One test for each quantile that the policy names beside p50, p95 and p99. */
export type QuantilesState = Readonly<Record<CheckName, QuantileState>>;

/**
 * Quantiles of the policy's choice, tested as p50, p95 and p99 are, against the same past of the stable. Each has a share
 * of the budget of its own, as a query has: there may be any number of them.
 */
export const quantilesCheck: Check<QuantilesState> = {
  names: { listed: [], open: { form: 'pNN', pattern: NAMED_QUANTILE } },
  compares: 'requests',
  terms({ spec: { checks } }, name) {
    const quantile = checks.latency.quantiles[name];
    return quantile === undefined
      ? null
      : { label: latencyLabel(checks, name), ...reactionOf(quantile), against: 'stable' };
  },
  claims: ({ spec: { checks } }) =>
    Object.entries(checks.latency.quantiles).map(([check, { weight }]) => ({ check, share: weight })),
  open: ({ spec: { checks } }) => withEachQuantile(checks, openQuantile),
  observe(state, sight) {
    const { policy, past, form, interrupted, phi, allowance } = sight;
    if (form?.kind === 'boundaries') return state;
    const { checks } = policy.spec;
    if (namesOf(checks).length === 0) return state;
    const head: Quantity = {
      past,
      counts: latencyTails(comparedAnswers(sight).latency),
      grid: gridOf(form),
      phi: phi.latency,
    };
    return withEachQuantile(checks, (name) => {
      const level = levelOf(name);
      const timed = untilOf(checks, name) === 'end' ? quantityOf(sight, END) : head;
      const margins = bucketMargins(checks, name, quantileEdge(timed.past, level), timed.grid, allowance);
      const own = betFor(sight, { ...interrupted, phi: timed.phi }, name);
      return stepQuantile(stateOf(state, name), timed.past, level, margins, timed.counts, own);
    });
  },
  restart: (state) =>
    Object.fromEntries(Object.entries(state).map(([name, known]) => [name, { ...known, parity: UNSHOWN }])),
  stakes: ({ spec: { checks } }, state, shareOf) =>
    namesOf(checks).map((name) => ({
      check: name,
      weight: shareOf(name),
      logHarm: logQuantileHarm(stateOf(state, name)),
      cold: () => coldQuantile(stateOf(state, name)),
    })),
  findings({ spec: { checks } }, state, context) {
    const { canary, stable } = context.figures;
    return namesOf(checks).map((name) => {
      const of = { ...context, budgetWeight: context.shareOf(name) };
      if (context.form?.kind === 'boundaries') return interpolatedFinding(name, canary.slower, stable.slower, of);
      const seen = untilOf(checks, name) === 'end' ? towardsEnd(of) : { past: context.past, context: of };
      return quantileFinding(checks, name, stateOf(state, name), seen.past, seen.context, context.warmUpLeftMs);
    });
  },
};

function namesOf(checks: Checks): readonly CheckName[] {
  return Object.keys(checks.latency.quantiles);
}

function withEachQuantile(checks: Checks, of: (name: CheckName) => QuantileState): QuantilesState {
  return Object.fromEntries(namesOf(checks).map((name) => [name, of(name)]));
}

function stateOf(state: QuantilesState, name: CheckName): QuantileState {
  return state[name] ?? openQuantile();
}
