import { rateInterval } from '../stats/evidence/confidence.ts';
import type { Totals } from '../stats/evidence/window.ts';
import {
  coldUnanswered,
  logUnansweredHarm,
  openUnanswered,
  stepUnanswered,
  UNANSWERED_BOUNDARY,
  type UnansweredState,
} from '../stats/rates/unanswered.ts';
import { betFor } from './bet-for.ts';
import { type Check, reactionOf } from './check.ts';
import type { FindingContext } from './context.ts';
import { formatShare } from './figures.ts';
import type { Finding } from './finding.ts';
import { limitsAbove } from './limits/limits.ts';

const LABEL = 'requests left or overdue without an answer';

/** Unanswered requests: overdue, or left by clients that waited for the version. Their evidence gets an eighth of the errors' weight: errors are the more common fault. */
export const unansweredCheck: Check<UnansweredState> = {
  names: { listed: ['unanswered'] },
  compares: 'requests',
  // Reports only whenever `errors` does: an unanswered request is an error.
  terms: ({ spec: { checks } }, name) =>
    name === 'unanswered' ? { label: LABEL, ...reactionOf(checks.errors), against: 'stable' } : null,
  claims: () => [{ check: 'unanswered', of: 'errors', part: [1, 8] }],
  open: openUnanswered,
  observe: (state, sight) =>
    stepUnanswered(state, sight.compared, betFor(sight, sight.interrupted, 'unanswered'), sight.settled?.block),
  stakes: (_, state, shareOf) => [
    {
      check: 'unanswered',
      weight: shareOf('unanswered'),
      logHarm: logUnansweredHarm(state),
      cold: () => coldUnanswered(state),
    },
  ],
  findings: (_, state, context) => [
    unansweredFinding(state, { ...context, budgetWeight: context.shareOf('unanswered') }),
  ],
};

/** The finding for unanswered requests. It claims no parity: a request that hangs for good ends as an error. */
function unansweredFinding(state: UnansweredState, context: FindingContext): Finding {
  const canary = figuresOf(context.figures.canary);
  const stable = figuresOf(context.figures.stable);
  return {
    check: 'unanswered',
    canary: canary.share,
    stable: stable.share,
    unit: 'share',
    quantile: null,
    bounds: { canary: canary.bounds, stable: stable.bounds },
    requests: { canary: canary.sent, stable: stable.sent },
    logHarm: logUnansweredHarm(state),
    budgetWeight: context.budgetWeight,
    dispersion: context.phi.rate,
    logParity: null,
    logParityThreshold: null,
    rollbackMargin: '100 % + 0.5 pp',
    parityMargin: null,
    limits: limitsAbove(stable.share, UNANSWERED_BOUNDARY, []),
    needsCanaryRequests: null,
    needsAt: [],
    says:
      canary.share === null
        ? 'unanswered: no traffic to compare yet'
        : `unanswered ${formatShare(canary.share)} against ${formatShare(stable.share ?? 0)}`,
  };
}

function figuresOf({ requests, unanswered }: Totals) {
  const sent = requests + unanswered;
  return { sent, share: sent === 0 ? null : unanswered / sent, bounds: rateInterval(unanswered, sent) };
}
