import type { LogTerms } from '../../policy/checks/log-checks.ts';
import { type Check, type Hold, type HoldContext, reactionOf } from '../check.ts';
import { logDifferences } from './log-differences.ts';
import { familiesThat, logTogether } from './log-families.ts';
import { logsFinding, worstOf } from './log-finding.ts';
import { shortestInterval } from './log-interval.ts';
import { isWaived, whyIncomplete, whySilent, whyUntested } from './log-silence.ts';
import { type LogsMemory, type LogsState, moveLogs, NO_LOGS, restartLogs } from './log-state.ts';
import { observeLogs } from './observe-logs.ts';

/** What the versions log: what is new, what there is more of, and what is gone. Nothing in a policy without `checks.logs`. */
export const logsCheck: Check<LogsState> = {
  names: { listed: ['logs'] },
  compares: 'requests',
  terms: ({ spec: { checks } }, name) =>
    name === 'logs' && checks.logs !== undefined
      ? { label: 'error lines', ...reactionOf(checks.logs), against: 'stable' }
      : null,
  claims: ({ spec: { checks } }) =>
    checks.logs !== undefined && familiesThat('roll-back', checks.logs, 'per-request').length > 0
      ? [{ check: 'logs', share: checks.logs.weight }]
      : [],
  open: ({ spec: { checks } }) => (checks.logs === undefined ? null : NO_LOGS),
  observe: observeLogs,
  restart: restartLogs,
  move: moveLogs,
  stakes({ spec: { checks } }, state, shareOf) {
    const weight = shareOf('logs');
    if (checks.logs === undefined || state === null || weight === 0) return [];
    const families = familiesThat('roll-back', checks.logs, state.assignment);
    return [{ check: 'logs', weight, logHarm: logTogether(state, checks.logs, families) }];
  },
  findings(policy, state, context) {
    const { logs } = policy.spec.checks;
    if (logs === undefined || state === null) return [];
    const of = { ...context, budgetWeight: context.shareOf('logs') };
    return [logsFinding(logs, state, of, shortestInterval(policy))];
  },
  holds: ({ spec: { checks } }, state, context) =>
    checks.logs === undefined || state === null ? [] : holdsOf(checks.logs, state, context),
};

function holdsOf(terms: LogTerms, state: LogsMemory, { findings, logHold, now }: HoldContext): readonly Hold[] {
  if (!findings.some(({ check }) => check === 'logs')) return [];
  const families = familiesThat('hold', terms, state.assignment);
  // Where everything only reports, there is nothing to wait for.
  if (families.length === 0) return [];
  const silent =
    whyIncomplete(terms, state.incompleteSince, now) ??
    (isWaived(terms, state.heard) ? null : whySilent(terms, state.heard, now)) ??
    (terms.newErrors === 'report' ? null : whyUntested(state.step));
  const missing: readonly Hold[] = silent === null ? [] : [{ kind: 'missing', check: 'logs', reason: silent }];
  if (logTogether(state, terms, families) < logHold) return missing;
  const breaking = logDifferences(state, terms).filter(({ effect }) => effect === 'breaking');
  const worst = worstOf(breaking.map(({ says }) => says)) ?? 'its lines differ from those of the stable';
  return [...missing, { kind: 'worse', check: 'logs', reason: `logs: ${worst}, which holds the canary` }];
}
