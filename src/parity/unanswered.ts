import { rateInterval } from '../stats/evidence/confidence.ts';
import type { Totals } from '../stats/evidence/window.ts';
import { logUnansweredHarm, type UnansweredState } from '../stats/rates/unanswered.ts';
import type { FindingContext } from './context.ts';
import { formatShare } from './figures.ts';
import type { Finding } from './finding.ts';

/** What the check on unanswered requests says. It claims no parity: what hangs for good ends as an error. */
export function unansweredFinding(state: UnansweredState, context: FindingContext): Finding {
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
