import type { LogAction, LogTerms } from '../../policy/checks/log-checks.ts';
import { logSum } from '../../stats/evidence/log-sum.ts';
import type { Appearances } from '../../stats/logs/appearances.ts';
import type { Rated, RatedName } from '../../stats/logs/rated.ts';
import { logSigns, type SignTest } from '../../stats/logs/signs.ts';
import { logOfSlots } from '../../stats/logs/slots.ts';
import type { LogsMemory } from './log-state.ts';
import { namesOf } from './log-terms.ts';

/** The kinds of differences between logs, each an e-process of its own. */
export const LOG_FAMILIES = [
  'newErrors',
  'newWarnings',
  'newCalls',
  'errors',
  'warnings',
  'lostCalls',
  'callRates',
  'fields',
  'mix',
] as const;

export type LogFamily = (typeof LOG_FAMILIES)[number];

/** Where the versions have users of their own, only what the stable never has says something of the version. */
const WITH_OWN_USERS: readonly LogFamily[] = ['newErrors', 'newWarnings', 'newCalls'];

export function actionOf({ calls, ...terms }: LogTerms, family: LogFamily): LogAction {
  switch (family) {
    case 'newCalls':
      return calls.new;
    case 'lostCalls':
      return calls.lost;
    case 'callRates':
      return calls.rate.action;
    case 'errors':
    case 'warnings':
      return terms[family].action;
    default:
      return terms[family];
  }
}

/** The kinds that do more than report, in this form of traffic; those that roll back alone where nothing else is asked for. */
export function familiesThat(
  does: 'roll-back' | 'hold',
  terms: LogTerms,
  assignment: LogsMemory['assignment'],
): readonly LogFamily[] {
  return LOG_FAMILIES.filter((family) => {
    const action = actionOf(terms, family);
    const isMeant = does === 'hold' ? action !== 'report' : action === 'rollback';
    return isMeant && (assignment !== 'by-key' || WITH_OWN_USERS.includes(family));
  });
}

/** Log e-value of one kind: of many names that of all slots together. What is expected is no evidence. */
export function logOfFamily(state: LogsMemory, terms: LogTerms, family: LogFamily): number {
  const { isExpectedTemplate, newCalls, lostCalls, lostFields } = namesOf(terms);
  const fresh = ({ fresh: all }: Appearances, isExpected: (name: string) => boolean) =>
    logOfSlots(all.map(({ name, test }) => ({ log: isExpected(name) ? 0 : logSigns(test) })));
  const rated = (all: Rated, pick: (one: RatedName) => readonly SignTest[], isExpected: (name: string) => boolean) =>
    logOfSlots(all.flatMap((one) => pick(one).map((test) => ({ log: isExpected(one.name) ? 0 : logSigns(test) }))));
  const both = ({ more, less }: RatedName) => [more, less];
  switch (family) {
    case 'newErrors':
    case 'newWarnings':
      return fresh(state[family], isExpectedTemplate);
    case 'newCalls':
      return fresh(state.newCalls, (name) => newCalls.has(name));
    case 'errors':
    case 'warnings':
      return logSigns(state[family].more);
    case 'lostCalls':
      return rated(
        state.calls,
        ({ gone }) => [gone],
        (name) => lostCalls.has(name),
      );
    case 'callRates':
      return rated(state.calls, both, (name) => lostCalls.has(name));
    case 'fields':
      return rated(
        state.fields,
        ({ gone }) => [gone],
        (name) => lostFields.has(name),
      );
    case 'mix':
      return rated(state.mix, both, isExpectedTemplate);
  }
}

/** Log e-value of several kinds together: their mean; 0 for none. */
export function logTogether(state: LogsMemory, terms: LogTerms, families: readonly LogFamily[]): number {
  if (families.length === 0) return 0;
  return logSum(
    families.map((family) => logOfFamily(state, terms, family)),
    families.map(() => 1 / families.length),
  );
}
