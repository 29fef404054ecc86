import type { LogTerms } from '../../policy/checks/log-checks.ts';
import { counted } from '../../policy/counted.ts';
import { rateInterval } from '../../stats/evidence/confidence.ts';
import { MOST_TEMPLATES } from '../../stats/logs/log-counts.ts';
import { sightingOfLog } from '../../stats/logs/log-sighting.ts';
import { forcedEventsFor, forcedLogE, forcedThreshold } from '../../stats/rates/forced-share.ts';
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
  /** Why the lines could not be fetched in the last block; omitted where they could, or are only sent. */
  readonly fault?: string;
}

export type ForcedLogsState = PhaseLogs | null;

/** Lines come later than their requests. */
const LINES_TAKE_MS = 15_000;
const MOST_NAMED = 3;
const THRESHOLD = forcedThreshold(MOST_TEMPLATES);
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
  reservations({ spec: { checks, internal } }, state): readonly Reservation[] {
    if (checks.logs === undefined || state === null) return [];
    const said = saysOf(checks.logs, state, internal.requests);
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
    ...(block.logs.fetched?.fault ? { fault: block.logs.fetched.fault } : {}),
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

function saysOf(terms: LogTerms, state: PhaseLogs, wanted: number): Omit<Reservation, 'check'> {
  const action = actionOf(terms, 'newErrors');
  const { canary, stable, askedAt, until } = state;
  const { found, tooFew } = newErrors(state);
  if (found.length > 0) {
    const of = formatCount(state.requests.canary);
    return {
      kind: action === 'report' ? 'tells' : 'holds',
      reason: `canary logs errors that the stable never logs, in ${of} forced and mirrored requests: ${named(found)}`,
      differences: found.slice(0, MOST_DIFFERENCES).map((one) => differenceOf(one, state, action === 'report')),
    };
  }
  if (state.fault !== undefined) return { kind: 'tells', reason: `logs: ${state.fault}, so not all was compared` };
  const { incomplete, requests } = state;
  if (terms.unsent === 'report' && canary === null && stable === null && incomplete === undefined) {
    return { kind: 'tells', reason: 'logs: nobody sends those of this route, so nothing was compared' };
  }
  if (action !== 'report' && (askedAt === null || until - askedAt < LINES_TAKE_MS)) {
    const soFar = `${formatCount(state.forced)} of ${formatCount(wanted)}`;
    const what = askedAt === null ? `forced requests are waited for, ${soFar} have come` : LAST_LINES;
    return { kind: 'waits', reason: `logs: ${what}` };
  }
  if (incomplete !== undefined && (canary === null || requests.canary === 0))
    return { kind: 'tells', reason: 'logs: nothing was compared' };
  if (canary === null || stable === null) {
    return {
      kind: 'tells',
      reason: `logs: nothing of the ${canary === null ? 'canary' : 'stable'} has come, so nothing was compared`,
    };
  }
  if (state.requests.stable === 0) {
    return { kind: 'tells', reason: 'logs: the stable has had no requests, so nothing was compared' };
  }
  const few = tooFew.length === 0 ? '' : `; in fewer: ${named(tooFew)}`;
  return { kind: 'tells', reason: `logs: ${noneOf(state.requests.canary)}${few}` };
}

/** `no error that the stable never logs is in as many of 22 forced and mirrored requests as hold the canary (11)` */
function noneOf(requests: number): string {
  const enough = forcedEventsFor(THRESHOLD, requests, 0);
  const of = counted(requests, 'forced and mirrored request');
  return enough === null
    ? `${of} are too few to hold the canary for an error that the stable never logs`
    : `no error that the stable never logs is in as many of ${of} as hold the canary (${formatCount(enough)})`;
}

const LAST_LINES = 'the lines of the last forced requests are waited for';

/** `error pay.Charge "card <*> declined" (20) and 2 more` */
function named(errors: readonly NewError[]): string {
  const more = errors.length - MOST_NAMED;
  const first = errors.slice(0, MOST_NAMED).map(({ name, lines }) => `${nameTemplate(name)} (${formatCount(lines)})`);
  return `${first.join(', ')}${more > 0 ? ` and ${formatCount(more)} more` : ''}`;
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
    sighting: sightingOfLog({ of: 'template', name }),
    says:
      `${nameTemplate(name)} is new: ${counted(lines, 'line')} in ${formatCount(requests.canary)} forced and mirrored requests, ` +
      `the stable had none in ${formatCount(requests.stable)}`,
  };
}

// A template that the stable has logged at all is for the steps, where the versions are compared by chance.
function newErrors({ requests, canary, stable }: PhaseLogs): Readonly<Record<'found' | 'tooFew', readonly NewError[]>> {
  if (canary === null || stable === null || requests.stable === 0) return { found: [], tooFew: [] };
  const fresh = Object.entries(canary)
    .filter(([name]) => !Object.hasOwn(stable, name))
    .map(([name, lines]): NewError => {
      const events = Math.min(lines, requests.canary);
      return { name, lines, logE: forcedLogE({ requests: requests.canary, events }, 0) };
    })
    .toSorted((one, other) => other.lines - one.lines);
  return {
    found: fresh.filter(({ logE }) => logE >= THRESHOLD),
    tooFew: fresh.filter(({ lines, logE }) => lines > 0 && logE < THRESHOLD),
  };
}
