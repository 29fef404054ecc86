import type { LogTerms } from '../../policy/checks/log-checks.ts';
import { rateInterval } from '../../stats/evidence/confidence.ts';
import type { Appearances, Fresh, Lines } from '../../stats/logs/appearances.ts';
import { sightingOfLog } from '../../stats/logs/log-sighting.ts';
import type { Rated, RatedName } from '../../stats/logs/rated.ts';
import { logSigns } from '../../stats/logs/signs.ts';
import { discovered } from '../../stats/logs/slots.ts';
import { type Difference, MOST_DIFFERENCES, type SeenShare } from '../differences/difference.ts';
import { formatCount, formatShare } from '../figures.ts';
import { actionOf, type LogFamily } from './log-families.ts';
import type { LogsMemory } from './log-state.ts';
import { namesOf, templateName } from './log-terms.ts';
import { nameCall, nameTemplate, perThousand, written } from './log-words.ts';

/** A kind of difference is told from odds of 1 in 20 on, where it has one test. */
const TELLING = Math.log(20);
/** Of the mix, so many are told: one template that is gone moves all the others. */
const MOST_OF_MIX = 3;

type Told = Omit<Difference, 'effect'> & { readonly family: LogFamily; readonly isExpected: boolean };

/** What differs between the logs, those that do something first; what is expected is told, and breaks nothing. */
export function logDifferences(state: LogsMemory, terms: LogTerms): readonly Difference[] {
  const { isExpectedTemplate, newCalls, lostCalls, lostFields } = namesOf(terms);
  const fresh = [
    ...newOf(state.newErrors, 'newErrors', isExpectedTemplate),
    ...newOf(state.newWarnings, 'newWarnings', isExpectedTemplate),
    ...newOf(state.newCalls, 'newCalls', (name) => newCalls.has(name)),
  ];
  const lost = lostOf(state.calls, 'lostCalls', (name) => lostCalls.has(name));
  const gone = new Set(lost.map(({ path }) => path));
  const all: readonly Told[] = [
    ...fresh,
    ...linesOf(state, 'errors', fresh),
    ...linesOf(state, 'warnings', fresh),
    ...lost,
    ...ratesOf(state.calls, 'callRates', (name) => lostCalls.has(name)).filter(({ path }) => !gone.has(path)),
    ...lostOf(state.fields, 'fields', (name) => lostFields.has(name)),
    ...ratesOf(state.mix, 'mix', isExpectedTemplate).slice(0, MOST_OF_MIX),
  ];
  return all
    .map(({ family, isExpected, ...difference }): Difference => {
      const isTold = isExpected || actionOf(terms, family) === 'report';
      const says = isExpected ? `${difference.says}, which is expected` : difference.says;
      return { ...difference, says, effect: isTold ? 'compatible' : 'breaking' };
    })
    .toSorted((one, other) => rankOf(one) - rankOf(other) || other.logHarm - one.logHarm)
    .slice(0, MOST_DIFFERENCES);
}

function rankOf({ effect }: Difference): number {
  return effect === 'breaking' ? 0 : 1;
}

function newOf(
  { fresh }: Appearances,
  family: 'newErrors' | 'newWarnings' | 'newCalls',
  isExpected: (name: string) => boolean,
): readonly Told[] {
  const tested = fresh.map((one) => ({ one, log: logSigns(one.test) }));
  // What is expected needs no evidence to be told.
  const expected = tested.filter(({ one }) => isExpected(one.name));
  const found = discovered(tested).filter(({ one }) => !isExpected(one.name));
  return [...found, ...expected].map(({ one, log }): Told => {
    const isCall = family === 'newCalls';
    return {
      family,
      isExpected: isExpected(one.name),
      kind: isCall ? 'new-call' : 'new-template',
      place: isCall ? '' : templateName(one.name).logger,
      path: one.name,
      to: null,
      canary: seenLines(one.canary),
      stable: seenLines(one.stable),
      logHarm: log,
      firstSeen: one.since,
      sighting: sightingOfLog({ of: isCall ? 'call' : 'template', name: one.name }),
      says: sayNew(one, isCall),
    };
  });
}

// `error pay.Charge "card <*> declined" is new: 41 lines in 412 requests, the stable had none in 3,690`
function sayNew({ name, canary, stable }: Fresh, isCall: boolean): string {
  const what = isCall ? nameCall(name) : nameTemplate(name);
  const count = (lines: number) => (isCall ? times(lines, 'call') : times(lines, 'line'));
  const had = stable.lines === 0 ? 'none' : count(stable.lines);
  return (
    `${what} is new: ${count(canary.lines)} in ${formatCount(canary.requests)} requests, ` +
    `the stable had ${had} in ${formatCount(stable.requests)}`
  );
}

function linesOf(state: LogsMemory, family: 'errors' | 'warnings', fresh: readonly Told[]): readonly Told[] {
  const { more, since } = state[family];
  const log = logSigns(more);
  const { canary, stable } = state.step;
  if (log < TELLING || canary.requests === 0 || stable.requests === 0) return [];
  // New templates that are most of it are said already.
  const of = family === 'errors' ? 'newErrors' : 'newWarnings';
  const excess = canary[family] - (stable[family] * canary.requests) / stable.requests;
  const known = fresh.reduce((sum, one) => sum + (one.family === of && !one.isExpected ? one.canary.count : 0), 0);
  if (known > 0 && known >= excess / 2) return [];
  const level = family === 'errors' ? 'error' : 'warn';
  return [
    {
      family,
      isExpected: false,
      kind: 'more-lines',
      place: '',
      path: level,
      to: null,
      canary: { count: canary[family], of: canary.requests, bounds: null },
      stable: { count: stable[family], of: stable.requests, bounds: null },
      logHarm: log,
      firstSeen: since,
      sighting: sightingOfLog({ of: 'level', name: level }),
      says:
        `${perThousand(canary[family], canary.requests)} ${level} lines in 1,000 requests against ` +
        `${perThousand(stable[family], stable.requests)}`,
    },
  ];
}

function lostOf(rated: Rated, family: 'lostCalls' | 'fields', isExpected: (name: string) => boolean): readonly Told[] {
  const isCall = family === 'lostCalls';
  const found = discovered(rated.map((one) => ({ one, log: logSigns(one.gone) })));
  return found.map(({ one, log }) => {
    const left = one.canary.count === 0 ? 'gone' : 'nearly gone';
    const says = isCall
      ? `${nameCall(one.name)} is ${left}: ${times(one.canary.count, 'call')} in ${formatCount(one.canary.of)} requests ` +
        `against ${formatCount(one.stable.count)} in ${formatCount(one.stable.of)}`
      : `the log field ${written(one.name)} is ${left}: in ${times(one.canary.count, 'line')} of ` +
        `${formatCount(one.canary.of)} requests against ${formatCount(one.stable.count)} of ${formatCount(one.stable.of)}`;
    const kind = isCall ? 'lost-call' : 'lost-field';
    return { ...toldOf(one, log, isCall ? 'call' : 'field'), family, isExpected: isExpected(one.name), kind, says };
  });
}

function ratesOf(rated: Rated, family: 'callRates' | 'mix', isExpected: (name: string) => boolean): readonly Told[] {
  const isCall = family === 'callRates';
  const found = discovered(
    rated.flatMap((one) => [
      { one, log: logSigns(one.more) },
      { one, log: logSigns(one.less) },
    ]),
  );
  return found.map(({ one, log }) => {
    const { canary, stable } = one;
    const says = isCall
      ? `${nameCall(one.name)}: ${perThousand(canary.count, canary.of)} calls in 1,000 requests against ` +
        `${perThousand(stable.count, stable.of)}`
      : `${nameTemplate(one.name)} is ${formatShare(canary.count / canary.of)} of all lines against ` +
        `${formatShare(stable.count / stable.of)}`;
    const kind = isCall ? 'other-call-rate' : 'other-mix';
    const of = isCall ? 'call' : 'template';
    return { ...toldOf(one, log, of), family, isExpected: isExpected(one.name), kind, says };
  });
}

function toldOf({ name, canary, stable, since }: RatedName, log: number, of: 'template' | 'call' | 'field') {
  return {
    place: '',
    path: name,
    to: null,
    canary: { ...canary, bounds: null },
    stable: { ...stable, bounds: null },
    logHarm: log,
    firstSeen: since,
    sighting: sightingOfLog({ of, name }),
  } as const;
}

/** Lines come in clumps: so many as there were intervals with any are taken for independent of each other. */
function seenLines({ lines, intervals, requests }: Lines): SeenShare {
  const clump = intervals === 0 ? 1 : lines / intervals;
  const isShare = lines <= requests;
  return { count: lines, of: requests, bounds: isShare ? rateInterval(intervals, requests / clump) : null };
}

function times(count: number, noun: string): string {
  return `${formatCount(count)} ${count === 1 ? noun : `${noun}s`}`;
}
