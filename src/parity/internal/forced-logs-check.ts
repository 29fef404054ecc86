import type { LogTerms } from '../../policy/checks/log-checks.ts';
import { counted } from '../../policy/counted.ts';
import { rateInterval } from '../../stats/evidence/confidence.ts';
import { MOST_TEMPLATES } from '../../stats/logs/log-counts.ts';
import { forcedLogE, forcedThreshold } from '../../stats/rates/forced-share.ts';
import { sentRequests } from '../../stats/rates/unanswered.ts';
import type { Check } from '../check.ts';
import type { Sight } from '../context.ts';
import { type Difference, MOST_DIFFERENCES, type SeenShare } from '../differences/difference.ts';
import { formatCount } from '../figures.ts';
import { actionOf } from '../logs/log-families.ts';
import { mirroredTo } from '../logs/log-interval.ts';
import { namesOf, ofLevel, templateName } from '../logs/log-terms.ts';
import { nameTemplate } from '../logs/log-words.ts';
import type { Reservation } from './reservation.ts';

/** What the versions logged in the internal phase: lines at error level, by template. Null outside of it. */
interface PhaseLogs {
  /** Forced and mirrored requests: whatever the canary logs comes of them, or of itself. */
  readonly requests: { readonly canary: number; readonly stable: number };
  /** Of the canary's, those that were forced. */
  readonly forced: number;
  /** Lines, of each block at most as many as there were requests; null before anything of the version has come. */
  readonly canary: Readonly<Record<string, number>> | null;
  readonly stable: Readonly<Record<string, number>> | null;
  /** Of the canary's templates, the end of the first block with each; missing from states of before it was remembered. */
  readonly firstSeen?: Readonly<Record<string, number>>;
  /** End of the first block by which the forced requests that the phase takes had come; null before. */
  readonly askedAt: number | null;
  readonly until: number;
  /** Blocks of which lines were not read: their lines of the canary are left out. Omitted for none. */
  readonly incomplete?: number;
}

export type ForcedLogsState = PhaseLogs | null;

/** Lines come later than their requests. */
const LINES_TAKE_MS = 15_000;
const MOST_NAMED = 3;
const CHECK = 'logs';

/** Errors that the canary logs in the internal phase and the stable never. It only holds: nothing is randomised there. */
export const forcedLogsCheck: Check<ForcedLogsState> = {
  names: { listed: [] },
  terms: () => null,
  open: () => null,
  observe: observePhase,
  restart: () => null,
  move: (state, byMs) => state && movedLogs(state, byMs),
  findings: () => [],
  reservations({ spec: { checks } }, state): readonly Reservation[] {
    if (checks.logs === undefined || state === null) return [];
    const said = saysOf(checks.logs, state);
    return [{ check: CHECK, ...said, reason: `${said.reason}${leftOut(state)}` }];
  },
};

function movedLogs({ until, askedAt, firstSeen, ...state }: PhaseLogs, byMs: number): PhaseLogs {
  const moved = Object.entries(firstSeen ?? {}).map(([name, at]) => [name, at + byMs]);
  return {
    ...state,
    until: until + byMs,
    askedAt: askedAt === null ? null : askedAt + byMs,
    ...(firstSeen && { firstSeen: Object.fromEntries(moved) }),
  };
}

function observePhase(state: ForcedLogsState, { policy, block, of }: Sight): ForcedLogsState {
  const { logs } = policy.spec.checks;
  if (logs === undefined || of !== 'none' || block.logs === undefined) return state;
  const { stable, startedAt, durationMs } = block;
  // As the phase counts them: those that their clients left are among them.
  const forcedNow = sentRequests(block.forced.canary);
  const forced = (state?.forced ?? 0) + forcedNow;
  const asked = forcedNow + mirroredTo(block, 'canary');
  const until = startedAt + durationMs;
  const isWhole = block.logs.incomplete !== true;
  const incomplete = (state?.incomplete ?? 0) + (isWhole ? 0 : 1);
  const came = isWhole ? atMost(asked, errorsIn(logs, block.logs.canary)) : null;
  const canary = added(state?.canary ?? null, came);
  return {
    requests: {
      canary: (state?.requests.canary ?? 0) + (isWhole ? asked : 0),
      stable: (state?.requests.stable ?? 0) + (stable?.requests ?? 0),
    },
    forced,
    canary,
    stable: added(state?.stable ?? null, errorsIn(logs, block.logs.stable)),
    firstSeen: Object.fromEntries(Object.keys(canary ?? {}).map((name) => [name, state?.firstSeen?.[name] ?? until])),
    askedAt: state?.askedAt ?? (forced >= policy.spec.internal.requests ? until : null),
    until,
    ...(incomplete === 0 ? {} : { incomplete }),
  };
}

type Templates = Readonly<Record<string, number>>;

function errorsIn(terms: LogTerms, logs: { readonly templates: Templates } | null): Templates | null {
  if (logs === null) return null;
  const { isIgnoredTemplate, isExpectedTemplate } = namesOf(terms);
  const errors = Object.entries(ofLevel(logs.templates, 'error'));
  return Object.fromEntries(errors.filter(([name]) => !isIgnoredTemplate(name) && !isExpectedTemplate(name)));
}

/** A start, or a loop that tries again, logs hundreds of lines, and nobody asked: they are of no more requests than there were. */
function atMost(requests: number, templates: Templates | null): Templates | null {
  if (templates === null) return null;
  if (requests === 0) return {};
  return Object.fromEntries(Object.entries(templates).map(([name, lines]) => [name, Math.min(lines, requests)]));
}

function added(one: Templates | null, other: Templates | null): Templates | null {
  if (one === null || other === null) return one ?? other;
  const sum = new Map(Object.entries(one));
  for (const [name, lines] of Object.entries(other)) {
    if (!sum.has(name) && sum.size >= MOST_TEMPLATES) continue;
    sum.set(name, (sum.get(name) ?? 0) + lines);
  }
  return Object.fromEntries(sum);
}

function leftOut({ incomplete = 0 }: PhaseLogs): string {
  return incomplete === 0 ? '' : `; ${counted(incomplete, 'block')} left out, of which not all lines could be read`;
}

function saysOf(terms: LogTerms, state: PhaseLogs): Omit<Reservation, 'check'> {
  const action = actionOf(terms, 'newErrors');
  const { canary, stable, askedAt, until } = state;
  const found = newErrors(state);
  if (found.length > 0) {
    const more = found.length - MOST_NAMED;
    const named = found.slice(0, MOST_NAMED).map(({ name, lines }) => `${nameTemplate(name)} (${formatCount(lines)})`);
    const others = more > 0 ? ` and ${formatCount(more)} more` : '';
    const of = formatCount(state.requests.canary);
    return {
      kind: action === 'report' ? 'tells' : 'holds',
      reason: `canary logs errors that the stable never logs, in ${of} forced and mirrored requests: ${named.join(', ')}${others}`,
      differences: found.slice(0, MOST_DIFFERENCES).map((one) => differenceOf(one, state, action === 'report')),
    };
  }
  const { incomplete, requests } = state;
  if (terms.unsent === 'report' && canary === null && stable === null && incomplete === undefined) {
    return { kind: 'tells', reason: 'logs: nobody sends those of this route, so nothing was compared' };
  }
  const isEarly = askedAt === null || until - askedAt < LINES_TAKE_MS;
  if (isEarly && action !== 'report')
    return { kind: 'waits', reason: 'logs: the lines of the last forced requests are waited for' };
  if (incomplete !== undefined && (canary === null || requests.canary === 0))
    return { kind: 'tells', reason: 'logs: nothing was compared' };
  if (canary === null || stable === null) {
    return {
      kind: 'tells',
      reason: `logs: nothing of the ${canary === null ? 'canary' : 'stable'} has come, so nothing was compared`,
    };
  }
  return { kind: 'tells', reason: 'logs: no error in most requests that the stable never logs' };
}

interface NewError {
  readonly name: string;
  readonly lines: number;
  readonly logE: number;
}

function differenceOf(
  { name, lines, logE }: NewError,
  { requests, firstSeen }: PhaseLogs,
  isTold: boolean,
): Difference {
  const seen = (count: number, of: number): SeenShare => ({
    count,
    of,
    bounds: count > of ? null : rateInterval(count, of),
  });
  return {
    kind: 'new-template',
    effect: isTold ? 'compatible' : 'breaking',
    place: templateName(name).logger,
    path: name,
    to: null,
    canary: seen(lines, requests.canary),
    stable: seen(0, requests.stable),
    logHarm: logE,
    firstSeen: firstSeen?.[name] ?? null,
    sighting: null,
    says:
      `${nameTemplate(name)} is new: ${counted(lines, 'line')} in ${formatCount(requests.canary)} forced and mirrored requests, ` +
      `the stable had none in ${formatCount(requests.stable)}`,
  };
}

// A template that the stable has logged at all is for the steps, where the versions are compared by chance.
function newErrors({ requests, canary, stable }: PhaseLogs): readonly NewError[] {
  if (canary === null || stable === null || requests.stable === 0) return [];
  const threshold = forcedThreshold(MOST_TEMPLATES);
  return Object.entries(canary)
    .map(([name, lines]): NewError => {
      const events = Math.min(lines, requests.canary);
      return { name, lines, logE: forcedLogE({ requests: requests.canary, events }, 0) };
    })
    .filter(({ name, logE }) => !Object.hasOwn(stable, name) && logE >= threshold)
    .toSorted((one, other) => other.lines - one.lines);
}
