import type { OwnValueTerms, ValueTerms } from '../../policy/checks/answer-checks.ts';
import type { Checks } from '../../policy/schema.ts';
import type { CheckName } from '../finding.ts';

/** In which direction a canary's values are worse. */
export type Side = 'higher' | 'lower';

/** A number that answers carry, as a policy has it compared. */
export interface DeclaredValue {
  /** What its findings begin with: `value:queries`, `stream:gap`, `size`. */
  readonly check: CheckName;
  /** What tallies call it. */
  readonly name: string;
  /** What sentences call it. */
  readonly subject: string;
  readonly sides: readonly Side[];
  /** For people; null where a number says it all. */
  readonly unit: string | null;
  readonly terms: OwnValueTerms;
  /** The margins for answers without it; null where that is not compared. */
  readonly missing: ValueTerms['missing'] | null;
  /** Whether somebody outside posts it: for as many answers as they like. */
  readonly isPosted: boolean;
}

/** One test of a value: a quantile, the whole distribution, or the share of answers without it. */
export interface NamedTest {
  readonly value: DeclaredValue;
  readonly test: 'missing' | 'dominance' | (string & {});
}

/** Names of findings of values. */
export const VALUE_NAMES: { readonly form: string; readonly pattern: RegExp } = {
  form: 'value:NAME.pNN',
  pattern:
    /^(?:value:[a-z0-9][a-z0-9-]{0,62}|stream:(?:first-event|gap|event-rate)|upload|size)\.(?:p[1-9]\d?(?:\.\d?[1-9])?|dominance|missing)$/,
};

const KNOWN = new WeakMap<Checks, readonly DeclaredValue[]>();

/** The values that a policy has compared, in the order of its findings; computed once for a policy. */
export function declaredValues(checks: Checks): readonly DeclaredValue[] {
  const known = KNOWN.get(checks) ?? valuesOf(checks);
  KNOWN.set(checks, known);
  return known;
}

/** The tests of a value, under the names of their findings. */
export function testsOfValue(value: DeclaredValue): readonly (NamedTest & { readonly name: CheckName })[] {
  const tests = [...Object.keys(value.terms.quantiles), 'dominance', ...(value.missing === null ? [] : ['missing'])];
  return tests.map((test) => ({ value, test, name: testName(value, test) }));
}

export function testName({ check }: DeclaredValue, test: NamedTest['test']): CheckName {
  return `${check}.${test}`;
}

/** The test that a finding's name refers to; null when the policy has none of that name. */
export function testOf(checks: Checks, name: CheckName): NamedTest | null {
  for (const value of declaredValues(checks)) {
    if (!name.startsWith(`${value.check}.`)) continue;
    const test = name.slice(value.check.length + 1);
    if (testsOfValue(value).some((one) => one.test === test)) return { value, test };
  }
  return null;
}

/** What sentences call a test: `queries p50`, `queries`, `answers without queries`. */
export function testLabel({ value: { subject }, test }: NamedTest): string {
  if (test === 'missing') return `answers without ${subject}`;
  return test === 'dominance' ? `${subject} over the whole distribution` : `${subject} ${test}`;
}

function valuesOf({ values, streams, upload, size }: Checks): readonly DeclaredValue[] {
  return [
    ...Object.entries(values).map(([name, terms]) => declared(name, terms)),
    ...(streams === undefined
      ? []
      : [
          own('stream:first-event', 'first-event', 'time to the first event', ['higher'], 'ms', streams.firstEvent),
          own('stream:gap', 'gap', 'silence between events', ['higher'], 'ms', streams.gap),
          own('stream:event-rate', 'event-rate', 'events per second', ['lower'], null, streams.rate),
        ]),
    ...(upload === undefined ? [] : [own('upload', 'upload', 'time to send a body', ['higher'], 'ms', upload)]),
    ...(size === undefined ? [] : [own('size', 'size', 'size', ['higher', 'lower'], 'bytes', size)]),
  ];
}

function declared(name: string, terms: ValueTerms): DeclaredValue {
  const sides: readonly Side[] = terms.worse === 'both' ? ['higher', 'lower'] : [terms.worse];
  // `queries p50 9 against 4`: the name says it.
  const unit = terms.unit === undefined || terms.unit === name ? null : terms.unit;
  const isPosted = 'posted' in terms.from;
  const missing = isPosted ? null : terms.missing;
  return { check: `value:${name}`, name, subject: name, sides, unit, terms, missing, isPosted };
}

function own(
  check: CheckName,
  name: string,
  subject: string,
  sides: readonly Side[],
  unit: string | null,
  terms: OwnValueTerms,
): DeclaredValue {
  return { check, name, subject, sides, unit, terms, missing: null, isPosted: false };
}
