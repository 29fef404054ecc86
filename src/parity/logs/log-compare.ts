import type { LogTerms } from '../../policy/checks/log-checks.ts';
import { type NamesInInterval, stepAppearances, untestedLines } from '../../stats/logs/appearances.ts';
import { type LineRate, learnLines, stepLineRate } from '../../stats/logs/line-rate.ts';
import type { LogCounts } from '../../stats/logs/log-counts.ts';
import { learnRates, stepRates } from '../../stats/logs/rated.ts';
import { SLOTS } from '../../stats/logs/slots.ts';
import type { Sight } from '../context.ts';
import type { LogInterval } from './log-interval.ts';
import { restingLines } from './log-rest.ts';
import type { Logged, LogsMemory } from './log-state.ts';
import { namesOf, ofLevel } from './log-terms.ts';

const PER_THOUSAND = 1_000;
/** Half and 2 points of all lines. */
const MIX_MARGIN = { rho: 1.5, a: 0.02 } as const;
/** Of fields only whether they are gone matters. */
const ANY_MARGIN = { rho: 1, a: 0 } as const;

/** An interval that is complete: what both versions logged is compared, and the stable's becomes past. */
export function stepLogInterval(
  terms: LogTerms,
  state: LogsMemory,
  interval: LogInterval,
  until: number,
  bet: Sight['bet'],
): LogsMemory {
  const { canary, stable, requests, durationMs } = interval;
  const compared =
    canary === null || requests.canary === 0 || requests.stable === 0
      ? state
      : compare(terms, state, { ...interval, canary }, until, bet);
  if (bet.past === 'frozen') return compared;
  const perRequest = (counts: Readonly<Record<string, number>>) => ({ counts, of: requests.stable });
  return {
    ...compared,
    errors: learnLines(compared.errors, stable.levels.error, requests.stable, durationMs),
    warnings: learnLines(compared.warnings, stable.levels.warn, requests.stable, durationMs),
    calls: learnRates(compared.calls, perRequest(stable.calls), durationMs),
    mix: learnRates(compared.mix, { counts: stable.templates, of: stable.lines }, durationMs),
    fields: learnRates(compared.fields, perRequest(stable.fields), durationMs, SLOTS),
  };
}

function compare(
  terms: LogTerms,
  state: LogsMemory,
  interval: LogInterval & { readonly canary: LogCounts },
  until: number,
  bet: Sight['bet'],
): LogsMemory {
  const { canary, stable, requests, undrawn, durationMs } = interval;
  const names = (pick: (logs: LogCounts) => Readonly<Record<string, number>>, unnamed: number): NamesInInterval => ({
    until,
    canary: pick(canary),
    stable: pick(stable),
    requests,
    undrawn,
    stableHas: unnamed <= 0 ? 'all-named' : 'unnamed',
  });
  const { isExpectedTemplate } = namesOf(terms);
  const templatesOf = (level: 'error' | 'warn') =>
    names((logs) => ofLevel(logs.templates, level), unnamedOf(stable, level, isExpectedTemplate));
  const parityCeiling = bet.parity === 'counted' ? bet.parityCeiling : null;
  const lines = (level: 'error' | 'warn', margin: LogTerms['errors'], rate: LineRate) => {
    const counts = {
      canary: {
        lines: canary.levels[level],
        requests: requests.canary,
        atRest: restingLines(state.atRest, level, durationMs),
      },
      stable: { lines: stable.levels[level], requests: requests.stable },
      until,
    };
    return stepLineRate(rate, counts, marginOf(margin), parityCeiling);
  };
  type Pick = (logs: LogCounts) => Readonly<Record<string, number>>;
  const byRequest = (pick: Pick) => ({
    canary: { counts: pick(canary), of: requests.canary },
    stable: { counts: pick(stable), of: requests.stable },
    until,
  });
  const byLine = {
    canary: { counts: canary.templates, of: canary.lines },
    stable: { counts: stable.templates, of: stable.lines },
    until,
  };
  const ofFields = { ...byRequest((logs) => logs.fields), lines: { canary: canary.lines, stable: stable.lines } };
  const errors = templatesOf('error');
  const newErrors = stepAppearances(state.newErrors, errors);
  const untested =
    untestedLines(newErrors, errors, isExpectedTemplate) + Math.max(0, unnamedOf(canary, 'error', isExpectedTemplate));
  return {
    ...state,
    newErrors,
    newWarnings: stepAppearances(state.newWarnings, templatesOf('warn')),
    newCalls: stepAppearances(
      state.newCalls,
      names((logs) => logs.calls, stable.other.calls),
    ),
    errors: lines('error', terms.errors, state.errors),
    warnings: lines('warn', terms.warnings, state.warnings),
    calls: stepRates(
      state.calls,
      byRequest((logs) => logs.calls),
      marginOf(terms.calls.rate),
    ),
    mix: canary.lines === 0 ? state.mix : stepRates(state.mix, byLine, MIX_MARGIN),
    fields: stepRates(state.fields, ofFields, ANY_MARGIN),
    step: {
      ...state.step,
      intervals: state.step.intervals + 1,
      ...(untested === 0 ? {} : { untested: (state.step.untested ?? 0) + untested }),
      canary: addLogged(state.step.canary, canary, requests.canary),
      stable: addLogged(state.step.stable, stable, requests.stable),
    },
  };
}

/** Lines of a level whose template is beyond the bounds: one that the canary has may be among them. */
function unnamedOf(
  { levels, templates }: LogCounts,
  level: 'error' | 'warn',
  isExpected: (template: string) => boolean,
): number {
  const named = Object.entries(ofLevel(templates, level)).filter(([template]) => !isExpected(template));
  return levels[level] - named.reduce((sum, [, count]) => sum + count, 0);
}

function marginOf({ relative, absolute }: Pick<LogTerms['errors'], 'relative' | 'absolute'>) {
  return { rho: 1 + relative, a: absolute / PER_THOUSAND };
}

function addLogged(before: Logged, logs: LogCounts, requests: number): Logged {
  return {
    requests: before.requests + requests,
    lines: before.lines + logs.lines,
    errors: before.errors + logs.levels.error,
    warnings: before.warnings + logs.levels.warn,
    unnamed: before.unnamed + logs.other.templates,
  };
}
