import type { QueryCheck } from '../../policy/checks/query-check.ts';
import type { Checks } from '../../policy/schema.ts';
import type { Block, SeriesPoint, SeriesValue } from '../../stats/block.ts';
import type { Bet } from '../../stats/evidence/bet.ts';
import { logSum } from '../../stats/evidence/log-sum.ts';
import { logRareEvent, openRareEvent, type RareEvent, stepRareEvent } from '../../stats/rates/rare-event.ts';
import {
  logSeriesHarm,
  restartSeriesParity,
  type SeriesState,
  stepSeries,
  UNSEEN_SERIES,
} from '../../stats/series/series.ts';
import { meanOf, type SeriesTest } from '../../stats/series/series-test.ts';
import type { Sight } from '../context.ts';
import { formatSpan } from '../figures.ts';
import type { CheckName, QueryName } from '../finding.ts';
import { NO_TWINS, stepTwins, type Twins, whyTwins } from './twins.ts';

/** What a query check remembers. Times are the gateway's, epoch ms. */
export interface QueryState {
  /** The canary's values against the stable's. */
  readonly series: SeriesState;
  /** The canary's values against the limit, where the check has one. */
  readonly limit: RareEvent;
  /** When values became due; null while none are. */
  readonly awaitedSince: number | null;
  /** End of the last block that had a point, and of the last one whose values were bet on. */
  readonly heardAt: number | null;
  readonly countedAt: number | null;
  /** What the last point had no value for. */
  readonly missing: Missing | null;
  /** Whether both versions' values may be one series. */
  readonly twins: Twins;
  /** Whether the versions have users of their own, so that their arms are never alike. */
  readonly arms: 'declared' | 'by-key';
  /** The values that were bet on in the present step. */
  readonly step: { readonly canary: RunningMean; readonly stable: RunningMean };
}

export type Missing = 'canary' | 'stable' | 'both';

export interface RunningMean {
  readonly count: number;
  readonly value: number;
}

export type QueriesState = Readonly<Record<string, QueryState>>;

/** Which versions have comparable values in a block's span: both, or the canary alone for its limit. */
export interface QuerySpan {
  readonly asks: 'both' | 'canary' | 'none';
  /** Start of the first block of the present split. */
  readonly splitSince: number;
  readonly assignment: Sight['assignment'];
  readonly bet: Pick<Bet, 'cap' | 'parity' | 'parityCeiling'>;
}

const PREFIX = 'query:';
const NO_MEAN: RunningMean = { count: 0, value: 0 };
const NO_VALUES: QueryState['step'] = { canary: NO_MEAN, stable: NO_MEAN };
/** After this many intervals without a point, the value counts as missing. */
const PATIENCE = 2;

const UNASKED: QueryState = {
  series: UNSEEN_SERIES,
  limit: openRareEvent(),
  awaitedSince: null,
  heardAt: null,
  countedAt: null,
  missing: null,
  twins: NO_TWINS,
  arms: 'declared',
  step: NO_VALUES,
};

function isQueryName(check: CheckName): check is QueryName {
  return check.startsWith(PREFIX);
}

export function queryName(name: string): QueryName {
  return `${PREFIX}${name}`;
}

/** What the policy calls it: `cpu` of `query:cpu`. */
export function bareName(check: QueryName): string {
  return check.slice(PREFIX.length);
}

/** The check that a finding's name refers to; null when the policy has none of that name. */
export function queryOf({ queries }: Pick<Checks, 'queries'>, check: CheckName): QueryCheck | null {
  if (!isQueryName(check)) return null;
  const name = bareName(check);
  return Object.hasOwn(queries, name) ? (queries[name] ?? null) : null;
}

export function queryStateOf(states: QueriesState, check: QueryName): QueryState {
  const name = bareName(check);
  // A memory of an older version lacks what was added since.
  return Object.hasOwn(states, name) ? { ...UNASKED, ...states[name] } : UNASKED;
}

export function openQueries(queries: Checks['queries']): QueriesState {
  return Object.fromEntries(Object.keys(queries).map((name) => [name, UNASKED]));
}

/** A new stage begins: parity, the figures and the list of missing values start anew. */
export function restartQueries(states: QueriesState): QueriesState {
  return Object.fromEntries(
    Object.entries(states).map(([name, state]) => [
      name,
      {
        ...state,
        series: restartSeriesParity(state.series),
        awaitedSince: null,
        missing: null,
        twins: NO_TWINS,
        step: NO_VALUES,
      },
    ]),
  );
}

/** Shifts every timestamp by the amount that the clock was set. */
export function moveQueries(states: QueriesState, byMs: number): QueriesState {
  const at = (instant: number | null) => (instant === null ? null : instant + byMs);
  return Object.fromEntries(
    Object.entries(states).map(([name, { awaitedSince, heardAt, countedAt, ...state }]) => [
      name,
      { ...state, awaitedSince: at(awaitedSince), heardAt: at(heardAt), countedAt: at(countedAt) },
    ]),
  );
}

export function observeQueries(
  queries: Checks['queries'],
  states: QueriesState,
  block: Pick<Block, 'startedAt' | 'durationMs' | 'series'>,
  span: QuerySpan,
): QueriesState {
  return Object.fromEntries(
    Object.entries(queries).map(([name, check]) => {
      const { series = {} } = block;
      const point = Object.hasOwn(series, name) ? series[name] : undefined;
      return [name, observeQuery(check, queryStateOf(states, queryName(name)), block, point, span)];
    }),
  );
}

/**
 * The check as it counts here. Where keys are sticky the versions have users of their own, who differ by more than the version: arms
 * that are declared equal are not exchangeable then, and one heavy key may be what is beyond a limit. Both may only hold
 * (docs/statistics.md section 3.9, rules 3 and 5).
 */
export function inForce(check: QueryCheck, { arms }: QueryState): QueryCheck {
  return arms === 'declared' ? check : { ...check, comparable: false, action: 'hold' };
}

/** What the check's series is tested for. */
export function seriesTest({ worse, comparable, rollback, parity }: QueryCheck): SeriesTest {
  return { worse, arms: comparable ? 'same-size' : 'different', rollback, parity };
}

/** Log e-value of the tests that may roll back: the comparison of equal arms, and the limit. */
export function logQueryHarm({ action, comparable, limit }: QueryCheck, state: QueryState): number {
  if (action === 'hold') return 0;
  if (!comparable) return limit === undefined ? 0 : logRareEvent(state.limit);
  return limit === undefined ? logSeriesHarm(state.series) : both(state);
}

/** Log e-value of the tests that may only hold; null when everything the check finds may roll back. */
export function logQueryHold({ action, comparable, limit }: QueryCheck, state: QueryState): number | null {
  if (action === 'rollback') return comparable ? null : logSeriesHarm(state.series);
  return limit === undefined ? logSeriesHarm(state.series) : both(state);
}

/** Why the latest data cannot be judged; null when it can. @param now end of the last block */
export function whyUnheard(check: QueryCheck, name: string, state: QueryState, now: number): string | null {
  const { awaitedSince, heardAt, missing, twins } = state;
  if (awaitedSince === null) return null;
  if (missing !== null) return `query ${name} gave no usable value for ${nameMissing(missing)}`;
  const why = whyTwins(twins);
  if (why !== null) return `query ${name}: ${why}`;
  const silentMs = now - Math.max(awaitedSince, heardAt ?? awaitedSince);
  if (silentMs <= PATIENCE * check.interval) return null;
  return `query ${name} has given no value for ${formatSpan(silentMs)}`;
}

export function nameMissing(missing: Missing): string {
  return missing === 'both' ? 'either version' : `the ${missing}`;
}

function observeQuery(
  declared: QueryCheck,
  known: QueryState,
  { startedAt, durationMs }: Pick<Block, 'startedAt' | 'durationMs'>,
  point: SeriesPoint | undefined,
  { asks, splitSince, assignment, bet }: QuerySpan,
): QueryState {
  const state: QueryState = assignment === 'by-key' ? { ...known, arms: 'by-key' } : known;
  const check = inForce(declared, state);
  if (asks === 'none' || (asks === 'canary' && check.limit === undefined)) {
    return { ...state, awaitedSince: null, missing: null };
  }
  const until = startedAt + durationMs;
  const awaited = { ...state, awaitedSince: state.awaitedSince ?? startedAt };
  const began = until - check.interval;
  // A value that began under another split was not a comparison, so it does not count as missing.
  if (point === undefined || began < splitSince) return awaited;
  const { canary } = point;
  const stable = asks === 'both' ? point.stable : null;
  const heard = { ...awaited, heardAt: until, missing: missingOf(point, asks) };
  // An interval that overlaps the last one adds nothing new (docs/statistics.md section 3.9, rule 1).
  const overlaps = state.countedAt !== null && began + durationMs < state.countedAt;
  if (canary === null || overlaps) return heard;
  const step = { canary: extend(state.step.canary, canary), stable: extend(state.step.stable, stable) };
  return {
    ...heard,
    countedAt: until,
    twins: stable === null ? state.twins : stepTwins(state.twins, { canary, stable }),
    series: stable === null ? state.series : stepSeries(state.series, seriesTest(check), { canary, stable }, bet),
    limit: check.limit === undefined ? state.limit : stepRareEvent(state.limit, overLimit(check, canary), bet.cap),
    step,
  };
}

function overLimit({ limit, worse }: QueryCheck, canary: NonNullable<SeriesValue>): 'happened' | 'not' {
  const beyond = limit === undefined ? 0 : meanOf(canary) - limit;
  return (worse === 'lower' ? beyond < 0 : beyond > 0) ? 'happened' : 'not';
}

function missingOf({ canary, stable }: SeriesPoint, asks: 'both' | 'canary'): Missing | null {
  if (asks === 'canary' || stable !== null) return canary === null ? 'canary' : null;
  return canary === null ? 'both' : 'stable';
}

function extend(mean: RunningMean, value: SeriesValue): RunningMean {
  if (value === null) return mean;
  const count = mean.count + 1;
  return { count, value: mean.value + (meanOf(value) - mean.value) / count };
}

// The mean of two e-processes is an e-process.
function both({ series, limit }: QueryState): number {
  return logSum([logSeriesHarm(series), logRareEvent(limit)], [0.5, 0.5]);
}
