import { type NoReport, stepNoReport, UNHEARD } from '../stats/rates/no-report.ts';
import { logRareEvent, RARE } from '../stats/rates/rare-event.ts';
import type { Check, Hold } from './check.ts';
import { formatCount, formatShare } from './figures.ts';
import type { Finding } from './finding.ts';

/** A canary that gets requests and reports none. Its behaviour cannot be observed, so the check holds and never rolls back. */
export const silenceCheck: Check<NoReport> = {
  names: { listed: ['silence'] },
  terms: (_, name) => (name === 'silence' ? { label: 'silence', dryRun: false, against: 'stable' } : null),
  open: () => UNHEARD,
  observe: (state, { block, of, bet }) => (of === 'both' ? stepNoReport(state, block, bet.cap) : state),
  findings: (_, state) => [silenceFinding(state)].filter((finding) => finding !== null),
  holds(_, __, { findings, logHold }): readonly Hold[] {
    const finding = findings.find(({ check }) => check === 'silence');
    if (finding === undefined || finding.logHarm < logHold) return [];
    return [{ kind: 'silent', check: 'silence', reason: `canary is ${finding.says.replace(/^silence/, 'silent')}` }];
  },
};

/**
 * The finding for a canary that reports nothing: it may hold, and page a person, but a canary that cannot be observed
 * is not blamed. Null before the first bet, as with a source that routes what it measures.
 */
export function silenceFinding({ silence, silent }: NoReport): Finding | null {
  if (silence.bets === 0) return null;
  return {
    check: 'silence',
    canary: silent / silence.bets,
    stable: null,
    unit: 'share',
    quantile: null,
    bounds: { canary: null, stable: null },
    requests: { canary: 0, stable: 0 },
    logHarm: logRareEvent(silence),
    budgetWeight: 0,
    dispersion: 1,
    logParity: null,
    logParityThreshold: null,
    rollbackMargin: `silent in at most ${formatShare(RARE)} of the intervals, which holds`,
    parityMargin: null,
    limits: { rollback: RARE, parity: null },
    needsCanaryRequests: null,
    needsAt: [],
    says:
      `silence: reported nothing in ${formatCount(silent)} of ${formatCount(silence.bets)} intervals ` +
      'in which the stable reported and requests were routed to both',
  };
}
