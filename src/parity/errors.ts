import { coldRate, logRateHarm, type RateState, restartRateParity } from '../stats/rates/error-rate.ts';
import { betFor } from './bet-for.ts';
import { type Check, reactionOf } from './check.ts';
import { partOfErrors } from './content/content-check.ts';
import { observeRate, openRateCheck, rateFinding } from './rate.ts';

/** Answers in the policy's error statuses, and requests that got no complete answer. */
export const errorsCheck: Check<RateState> = {
  names: { listed: ['errors'] },
  compares: 'requests',
  terms: ({ spec: { checks } }, name) =>
    name === 'errors' ? { label: 'errors', ...reactionOf(checks.errors), against: 'stable' } : null,
  // The rest of the weight goes to unanswered requests, and to errors by content where the policy asks for them.
  claims: (policy) => [{ check: 'errors', of: 'errors', part: [7 - partOfErrors(policy), 8] }],
  open: ({ spec: { checks } }) => openRateCheck(checks, 'errors'),
  observe: (state, sight) => observeRate('errors', state, sight, betFor(sight, sight.interrupted, 'errors')),
  restart: restartRateParity,
  stakes: (_, state, shareOf) => [
    { check: 'errors', weight: shareOf('errors'), logHarm: logRateHarm(state), cold: () => coldRate(state) },
  ],
  findings: ({ spec: { checks } }, state, context) => [
    rateFinding(checks, 'errors', state, { ...context, budgetWeight: context.shareOf('errors') }),
  ],
};
