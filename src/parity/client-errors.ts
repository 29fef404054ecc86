import type { Policy } from '../policy/schema.ts';
import type { OnsetMixture } from '../stats/evidence/onset.ts';
import { type RateState, restartRateParity } from '../stats/rates/error-rate.ts';
import type { Check, Hold } from './check.ts';
import { formatErrorMargin } from './figures.ts';
import { observeRate, openRateCheck, rateFinding } from './rate.ts';
import { type Finding, hasShownParity } from './finding.ts';

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
  terms: ({ spec: { checks } }, name) =>
    name === 'clientErrors' ? { label: '4xx answers', dryRun: checks.clientErrors.dryRun, against: 'stable' } : null,
  open: ({ spec: { checks } }) => openRateCheck(checks, 'clientErrors'),
  observe: (state, { policy, compared, bet }) => observeRate(policy.spec.checks, 'clientErrors', state, compared, bet),
  restart: restartRateParity,
  findings: ({ spec: { checks } }, state, context) => [
    rateFinding(checks, 'clientErrors', state, { ...context, budgetWeight: 0 }),
  ],
  holds(policy, _, { findings, logHold }): readonly Hold[] {
    const finding = findings.find(({ check }) => check === 'clientErrors');
    if (finding === undefined || finding.logHarm < logHold) return [];
    return [{ kind: 'worse', check: 'clientErrors', reason: whyHeld(policy, finding) }];
  },
};

// The evidence covers the whole rollout: it fades more slowly than a new step shows parity.
function whyHeld({ spec: { checks } }: Policy, finding: Finding): string {
  if (!hasShownParity(finding)) return finding.says;
  return (
    `4xx answers were more than ${formatErrorMargin(checks.clientErrors.hold, '+')} above the stable ` +
    'earlier in this rollout, which still holds it'
  );
}
