import type { LogTerms } from '../../policy/checks/log-checks.ts';
import { counted } from '../../policy/counted.ts';
import { LARGEST_SIGN_BET, logSignParity } from '../../stats/logs/signs.ts';
import type { FindingContext } from '../context.ts';
import { formatCount, formatShare, formatSpan } from '../figures.ts';
import type { Finding } from '../finding.ts';
import { type Limits, NO_LIMITS } from '../limits/limits.ts';
import { logDifferences } from './log-differences.ts';
import { familiesThat, logTogether } from './log-families.ts';
import { INTERVAL_REQUESTS } from './log-interval.ts';
import { isWaived, whyIncomplete, whyNone, whySilent, whyUntested } from './log-silence.ts';
import type { Logged, LogsMemory } from './log-state.ts';
import { perThousand } from './log-words.ts';

interface LogContext extends FindingContext {
  /** How long an interval takes at least. */
  readonly intervalMs: number;
}

/** What the logs say: error lines in 1,000 requests for figures, and what differs. */
export function logsFinding(terms: LogTerms, state: LogsMemory, given: FindingContext, intervalMs: number): Finding {
  const context: LogContext = { ...given, intervalMs };
  const { canary, stable } = state.step;
  const isByKey = state.assignment === 'by-key';
  const differences = logDifferences(state, terms);
  const parity =
    isByKey || terms.errors.action === 'report' || isWaived(terms, state.heard)
      ? null
      : logSignParity(state.errors.notMore);
  const { relative, absolute } = terms.errors;
  const margin = `${formatShare(relative)} + ${absolute} in 1,000 requests`;
  const shown = sentence(
    state,
    terms,
    context,
    parity,
    differences.map(({ says }) => says),
  );
  return {
    check: 'logs',
    canary: errorsOf(canary),
    stable: errorsOf(stable),
    unit: 'value',
    in: 'error lines in 1,000 requests',
    named: 'logs',
    quantile: null,
    bounds: { canary: null, stable: null },
    requests: { canary: canary.requests, stable: stable.requests },
    counted: 'requests whose lines were compared',
    logHarm: isByKey ? 0 : logTogether(state, terms, familiesThat('roll-back', terms, state.assignment)),
    budgetWeight: isByKey ? 0 : context.budgetWeight,
    dispersion: 1,
    logParity: parity,
    logParityThreshold: parity === null ? null : context.logParityThreshold,
    rollbackMargin: `more than ${margin}`,
    parityMargin: parity === null ? null : margin,
    limits: limitsOf(terms, errorsOf(stable), parity),
    needsCanaryRequests: parity === null ? null : needs(parity, context),
    needsAt: [],
    ...(isByKey ? { byKey: 'own' as const } : {}),
    ...(differences.length === 0 ? {} : { differences }),
    ...blameOf(differences.filter(({ effect }) => effect === 'breaking').map(({ says }) => says)),
    ...shown,
  };
}

/** What differs, for a verdict: the strongest, and how many more there are. */
export function worstOf(says: readonly string[]): string | null {
  const [worst] = says;
  if (worst === undefined) return null;
  return says.length === 1 ? worst : `${worst}; and ${counted(says.length - 1, 'other difference')} of its logs`;
}

function blameOf(says: readonly string[]): Pick<Finding, 'blame'> {
  const worst = worstOf(says);
  return worst === null ? {} : { blame: `logs what the stable does not: ${worst}` };
}

function limitsOf({ errors }: LogTerms, stable: number | null, parity: number | null): Limits {
  if (stable === null) return NO_LIMITS;
  const most = (1 + errors.relative) * stable + errors.absolute;
  return { rollback: most, parity: parity === null ? null : most };
}

function errorsOf({ errors, requests }: Logged): number | null {
  return requests === 0 ? null : (1_000 * errors) / requests;
}

function sentence(
  state: LogsMemory,
  terms: LogTerms,
  context: LogContext,
  parity: number | null,
  differences: readonly string[],
): Pick<Finding, 'says' | 'brief'> {
  const now = context.step.span?.to ?? 0;
  const silent =
    whyIncomplete(terms, state.incompleteSince, now) ?? whySilent(terms, state.heard, now) ?? whyNone(state.heard, now);
  const { canary, stable, intervals } = state.step;
  if (intervals === 0) {
    const why =
      silent ??
      `nothing compared yet: an interval takes ${formatSpan(context.intervalMs)} and ${INTERVAL_REQUESTS} requests of the canary, and ten minutes at most`;
    return { says: [`logs: ${why}`, ...leftOut(state)].join('; ') };
  }
  const [c, s] = [perThousand(canary.errors, canary.requests), perThousand(stable.errors, stable.requests)];
  const figures = `logs: ${c} error lines in 1,000 requests against ${s}`;
  const worst = worstOf(differences);
  const open = parity === null || parity >= context.logParityThreshold ? [] : [waits(parity, context)];
  const byKey = state.assignment === 'by-key' ? [OWN_USERS] : [];
  const parts = [
    ...(worst === null ? [] : [worst]),
    ...open,
    ...byKey,
    ...beyond(state),
    ...leftOut(state),
    ...[whyUntested(state.step), silent].filter((why) => why !== null),
  ];
  return { says: [figures, ...parts].join('; '), brief: [figures, ...open].join('; ') };
}

const OWN_USERS =
  'keys are sticky and the versions have users of their own, so that only what the stable never logs or calls holds, and nothing rolls back';

function waits(parity: number, { logParityThreshold, intervalMs }: LogContext): string {
  const left = Math.ceil((logParityThreshold - parity) / LARGEST_SIGN_BET);
  return `parity takes at least ${counted(left, 'interval')} more of ${formatSpan(intervalMs)} and ${INTERVAL_REQUESTS} canary requests each`;
}

function needs(parity: number, { logParityThreshold, pace, intervalMs }: LogContext): number | null {
  const missing = logParityThreshold - parity;
  if (missing <= 0 || pace.ms === 0 || pace.canary === 0) return null;
  const each = Math.max(INTERVAL_REQUESTS, (pace.canary * intervalMs) / pace.ms);
  return Math.ceil(missing / LARGEST_SIGN_BET) * Math.ceil(each);
}

function leftOut({ step: { leftOut: forced = 0, incomplete = 0 } }: LogsMemory): readonly string[] {
  return [
    ...(forced === 0
      ? []
      : [`${counted(forced, 'block')} left out, in which more than 5 % of the canary's requests were forced`]),
    ...(incomplete === 0 ? [] : [`${counted(incomplete, 'block')} left out, of which not all lines could be read`]),
  ];
}

/** What is not told apart, and so not compared by name. */
function beyond({ newErrors, newWarnings, step }: LogsMemory): readonly string[] {
  const untested = newErrors.untested + newWarnings.untested;
  const unnamed = step.canary.unnamed + step.stable.unnamed;
  const lines = step.canary.lines + step.stable.lines;
  return [
    ...(unnamed === 0
      ? []
      : [`${formatShare(unnamed / Math.max(1, lines))} of the lines are beyond the templates that are told apart`]),
    ...(untested === 0 ? [] : [`${formatCount(untested)} new templates found no test: too many differ`]),
  ];
}
