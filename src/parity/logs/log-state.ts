import { type Appearances, NOTHING_SEEN } from '../../stats/logs/appearances.ts';
import { type LineRate, NO_LINE_RATE, restartLineRate } from '../../stats/logs/line-rate.ts';
import type { Rated } from '../../stats/logs/rated.ts';
import type { Sight } from '../context.ts';
import type { LogInterval } from './log-interval.ts';
import { type AtRest, NO_REST } from './log-rest.ts';
import { type BothHeard, type Heard, UNHEARD_OF } from './log-silence.ts';

/** What is remembered of the logs of a rollout; null where the policy asks for none. Times are the gateway's, epoch ms. */
export type LogsState = LogsMemory | null;

export interface LogsMemory {
  readonly heard: BothHeard;
  /** The interval in the making. */
  readonly open: LogInterval | null;
  readonly newErrors: Appearances;
  readonly newWarnings: Appearances;
  readonly newCalls: Appearances;
  readonly errors: LineRate;
  readonly warnings: LineRate;
  /** Calls, and lines with a field, for each request. */
  readonly calls: Rated;
  readonly fields: Rated;
  /** Templates for each line. */
  readonly mix: Rated;
  readonly atRest: AtRest;
  /** Of the intervals that were compared in the present stage. */
  readonly step: {
    readonly intervals: number;
    readonly canary: Logged;
    readonly stable: Logged;
    /** Blocks that were left out because much of the canary's requests was forced; omitted for none. */
    readonly leftOut?: number;
    /** Error lines of the canary whose template found no test, or is not told apart; omitted for none. */
    readonly untested?: number;
    /** Blocks that were left out because lines of theirs were not read; omitted for none. */
    readonly incomplete?: number;
  };
  /** Start of the first block in a row of which lines were not read, epoch ms; omitted while all are. */
  readonly incompleteSince?: number;
  /** How the versions get their users; where they have users of their own, lines and calls of a request differ by these. */
  readonly assignment: Sight['assignment'];
}

/** What a version logged. */
export interface Logged {
  readonly requests: number;
  readonly lines: number;
  readonly errors: number;
  readonly warnings: number;
  /** Lines whose template is beyond the bounds. */
  readonly unnamed: number;
}

const NONE: Logged = { requests: 0, lines: 0, errors: 0, warnings: 0, unnamed: 0 };
const NO_STEP: LogsMemory['step'] = { intervals: 0, canary: NONE, stable: NONE };

export const NO_LOGS: LogsMemory = {
  heard: { stable: UNHEARD_OF, canary: UNHEARD_OF },
  open: null,
  newErrors: NOTHING_SEEN,
  newWarnings: NOTHING_SEEN,
  newCalls: NOTHING_SEEN,
  errors: NO_LINE_RATE,
  warnings: NO_LINE_RATE,
  calls: [],
  mix: [],
  fields: [],
  atRest: NO_REST,
  step: NO_STEP,
  assignment: 'per-request',
};

export function restartLogs(state: LogsState): LogsState {
  if (state === null) return null;
  const { errors, warnings } = state;
  return { ...state, errors: restartLineRate(errors), warnings: restartLineRate(warnings), step: NO_STEP };
}

/** Shifts every time by the amount that the clock was set. */
export function moveLogs(state: LogsState, byMs: number): LogsState {
  if (state === null) return null;
  const at = (instant: number | null) => (instant === null ? null : instant + byMs);
  const heard = (known: Heard): Heard => ({ ...known, silentSince: at(known.silentSince) });
  const appearances = (known: Appearances): Appearances => ({
    ...known,
    fresh: known.fresh.map((one) => ({ ...one, since: one.since + byMs })),
  });
  const rated = (known: Rated): Rated => known.map((one) => ({ ...one, since: at(one.since) }));
  return {
    ...state,
    heard: { ...state.heard, stable: heard(state.heard.stable), canary: heard(state.heard.canary) },
    newErrors: appearances(state.newErrors),
    newWarnings: appearances(state.newWarnings),
    newCalls: appearances(state.newCalls),
    errors: { ...state.errors, since: at(state.errors.since) },
    warnings: { ...state.warnings, since: at(state.warnings.since) },
    calls: rated(state.calls),
    mix: rated(state.mix),
    fields: rated(state.fields),
    ...(state.incompleteSince === undefined ? {} : { incompleteSince: state.incompleteSince + byMs }),
  };
}
