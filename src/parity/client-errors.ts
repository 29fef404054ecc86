import type { ErrorMargin } from '../policy/checks/margins.ts';
import type { Policy } from '../policy/schema.ts';
import type { OnsetMixture } from '../stats/evidence/onset.ts';
import { expectedRate, logRateHarm, type RateState, restartRateParity } from '../stats/rates/error-rate.ts';
import { comparesTheRest, farMoreLimit, logFarMore, openFarMore } from '../stats/rates/far-more.ts';
import { type Check, type Hold, reactionOf } from './check.ts';
import type { Sight } from './context.ts';
import { stepFarMore } from './far-more.ts';
import { formatErrorMargin, formatShare } from './figures.ts';
import { edgeOf, NO_LIMITS } from './limits/limits.ts';
import { countsOf, observeRate, openRateCheck, rateFinding, whyRateHolds } from './rate.ts';

/** Of holding and parity, as for errors; and evidence of so many more that a contract broke, which rolls back. */
export interface ClientErrorsState extends RateState {
  readonly broken: OnsetMixture;
}

/**
 * Responses with 400..499 that are not errors. A moderate rise may be what clients do, and holds the canary. A canary that
 * answers far more requests with them has broken their contract, and is rolled back.
 */
export const clientErrorsCheck: Check<ClientErrorsState> = {
  names: { listed: ['clientErrors'] },
  compares: 'requests',
  terms: ({ spec: { checks } }, name) =>
    name === 'clientErrors' ? { label: '4xx answers', ...reactionOf(checks.clientErrors), against: 'stable' } : null,
  claims: (policy) => (marginOf(policy) === null ? [] : [{ check: 'clientErrors', of: 'clientErrors', part: [1, 1] }]),
  open: ({ spec: { checks } }) => ({ ...openRateCheck(checks, 'clientErrors'), broken: openFarMore() }),
  observe: (state, sight) => ({
    ...observeRate('clientErrors', state, sight, sight.bet),
    broken: observeBroken(state, sight),
  }),
  restart: (state) => ({ ...restartRateParity(state), broken: state.broken }),
  stakes: (policy, { broken }, shareOf) =>
    marginOf(policy) === null
      ? []
      : [{ check: 'clientErrors', weight: shareOf('clientErrors'), logHarm: logFarMore(broken) }],
  findings(policy, state, context) {
    const budgetWeight = context.shareOf('clientErrors');
    const finding = rateFinding(policy.spec.checks, 'clientErrors', state, { ...context, budgetWeight });
    const margin = marginOf(policy);
    if (margin === null) return [finding];
    const holds = formatErrorMargin(policy.spec.checks.clientErrors.hold, '+');
    const rollbackMargin = `${limitInWords(margin, expectedRate(state))}; more than ${holds} holds`;
    const { stable, limits = NO_LIMITS } = finding;
    const rollback = stable === null ? null : farMoreLimit(stable, expectedRate(state), edgeOf(margin));
    return [{ ...finding, logHarm: logFarMore(state.broken), rollbackMargin, limits: { ...limits, rollback } }];
  },
  holds(policy, state, { findings, logHold }): readonly Hold[] {
    const finding = findings.find(({ check }) => check === 'clientErrors');
    if (finding === undefined || logRateHarm(state) < logHold) return [];
    return [
      { kind: 'worse', check: 'clientErrors', reason: whyRateHolds(policy.spec.checks, 'clientErrors', finding) },
    ];
  },
};

function marginOf({ spec: { checks } }: Policy): ErrorMargin | null {
  const { rollback } = checks.clientErrors;
  return rollback === 'off' ? null : rollback;
}

function observeBroken(state: ClientErrorsState, sight: Sight): OnsetMixture {
  const margin = marginOf(sight.policy);
  if (margin === null) return state.broken;
  const counts = countsOf(sight.compared, 'clientErrors');
  const bet = { s1: expectedRate(state), margin, share: sight.shareOf('clientErrors'), injection: sight.bet.spent };
  return stepFarMore(state.broken, counts, bet, sight);
}

function limitInWords(margin: ErrorMargin, s1: number): string {
  return comparesTheRest(s1, edgeOf(margin))
    ? `${formatShare(0.5)} of the other answers lost`
    : formatErrorMargin(margin, '+');
}
