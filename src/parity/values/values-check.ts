import { type Check, reactionOf } from '../check.ts';
import type { LookContext } from '../context.ts';
import type { CheckName, Finding } from '../finding.ts';
import { missingFinding } from './missing.ts';
import { valueDominanceFinding, valueQuantileFinding } from './value-finding.ts';
import { declaredValues, type NamedTest, testLabel, testOf, testsOfValue, VALUE_NAMES } from './value-terms.ts';
import {
  coldOf,
  logHarmOf,
  observeValues,
  openValues,
  restartValues,
  type ValuesState,
  valueStateOf,
} from './value-tests.ts';

/**
 * Numbers that answers carry: quantiles and the whole distribution are tested as latencies are, on a grid of their own, and so is
 * the share of answers that lack them. The tests of a value share what the policy gives it of the budget.
 */
export const valuesCheck: Check<ValuesState> = {
  names: { listed: [], open: VALUE_NAMES },
  compares: 'requests',
  terms({ spec: { checks } }, name) {
    const found = testOf(checks, name);
    return found && { label: testLabel(found), ...reactionOf(found.value.terms), against: 'stable' };
  },
  claims: ({ spec: { checks } }) =>
    declaredValues(checks).flatMap((value) => {
      const tests = testsOfValue(value);
      return tests.map(({ name }) => ({ check: name, share: value.terms.weight / tests.length }));
    }),
  open: ({ spec: { checks } }) => openValues(checks),
  observe: observeValues,
  restart: restartValues,
  stakes: ({ spec: { checks } }, state, shareOf) =>
    declaredValues(checks).flatMap((value) => {
      const known = valueStateOf(state, value);
      return testsOfValue(value).map(({ name, ...test }) => ({
        check: name,
        weight: shareOf(name),
        logHarm: logHarmOf(known, test),
        cold: () => coldOf(known, test),
      }));
    }),
  findings: ({ spec: { checks } }, state, context) =>
    declaredValues(checks).flatMap((value) =>
      testsOfValue(value).map(({ name, ...test }) => findingOf(name, test, state, context)),
    ),
};

function findingOf(check: CheckName, named: NamedTest, state: ValuesState, look: LookContext): Finding {
  const { value, test } = named;
  const known = valueStateOf(state, value);
  const context = { ...look, budgetWeight: look.shareOf(check) };
  const told = { check, label: testLabel(named), value, state: known, context };
  if (test === 'dominance') return valueDominanceFinding(told);
  if (test !== 'missing') return valueQuantileFinding(told, test);
  if (value.missing === null || known.missing === null) throw new Error(`${check} is not compared`);
  return missingFinding(check, told.label, value.name, value.missing, known.missing, context, look.warmUpLeftMs);
}
