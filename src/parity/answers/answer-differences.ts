import type { ComparisonTerms } from '../../policy/checks/answer-comparison.ts';
import { differingFields, logOfFields } from '../../stats/answers/field-slots.ts';
import { logPairs } from '../../stats/answers/pair-bets.ts';
import { type PairEvidence, placeOfField, type TestedField } from '../../stats/answers/pair-fields.ts';
import { rateInterval } from '../../stats/evidence/confidence.ts';
import type { Difference, SeenShare } from '../differences/difference.ts';
import { formatCount } from '../figures.ts';
import { isMeant } from './answer-terms.ts';

/** Most of what a field does, to be named after. */
const MOST_OF_IT = 0.5;

const KNOWN = new WeakMap<PairEvidence, { readonly terms: ComparisonTerms; readonly list: readonly Difference[] }>();

/** The fields in which the versions differ, the worst first. What is a consequence of another one is not listed. */
export function answerDifferences(terms: ComparisonTerms, evidence: PairEvidence): readonly Difference[] {
  const known = KNOWN.get(evidence);
  if (known?.terms === terms) return known.list;
  const list = differencesOf(terms, evidence);
  KNOWN.set(evidence, { terms, list });
  return list;
}

/** Log e-value against "no field differs by more than its margin"; what is only added, or meant, counts as none. */
export function harmOfAnswers(terms: ComparisonTerms, { fields }: PairEvidence): number {
  return logOfFields(
    fields.map((field) => {
      const { place, path } = placeOfField(field.name);
      const kind = kindOf(field, path);
      return kind === 'added' || isMeant(terms, { kind, place, path }) ? 0 : logPairs(field.test);
    }),
  );
}

/** Times the requests of the policy that are compared before a place is too rare to be waited for. */
const RARE_PLACES = 10;

/**
 * Fields of which it is open whether they differ in a way that can break a client, the most suspicious first: the canary's is another
 * one more often than the stable's own, and either few requests have put it to the test, or they speak against the canary by more
 * than the number of such fields, so that of fields that are only noise hardly one is waited for.
 */
export function openFields(terms: ComparisonTerms, { compared, fields }: PairEvidence): readonly TestedField[] {
  const told = new Set(differingFields(fields.map(({ test }) => logPairs(test))));
  const suspects = fields.filter((field, index) => {
    if (told.has(index) || field.differs <= field.noise) return false;
    const { place, path } = placeOfField(field.name);
    const kind = kindOf(field, path);
    return kind !== 'added' && !isMeant(terms, { kind, place, path });
  });
  const threshold = Math.log(suspects.length);
  const areRareAwaited = compared < RARE_PLACES * terms.requests;
  return suspects
    .filter(({ of, unproven, test }) => {
      return (areRareAwaited && of - unproven < terms.requests) || logPairs(test) > threshold;
    })
    .toSorted((one, other) => logPairs(other.test) - logPairs(one.test));
}

function differencesOf(terms: ComparisonTerms, { fields }: PairEvidence): readonly Difference[] {
  const logs = fields.map(({ test }) => logPairs(test));
  const shown = differingFields(logs).flatMap((index) => {
    const field = fields[index];
    return field === undefined ? [] : asDifference(terms, field, logs[index] ?? 0);
  });
  return shown.filter((one) => !shown.some((other) => isCauseOf(other, one))).toSorted(byWorth);
}

function asDifference(terms: ComparisonTerms, field: TestedField, logHarm: number): Difference {
  const { place, path } = placeOfField(field.name);
  const kind = kindOf(field, path);
  const meant = isMeant(terms, { kind, place, path });
  return {
    kind,
    effect: kind === 'added' || meant ? 'compatible' : 'breaking',
    place,
    path,
    to: null,
    canary: shareOf(field.differs, field.of),
    stable: shareOf(field.noise, field.of),
    logHarm,
    firstSeen: field.firstSeen,
    sighting: field.name,
    says: `${path} ${VERBS[kind]} ${often(field.differs, field.of)}, ${ownAnswers(field.noise)}${meant ? ', which is expected' : ''}`,
  };
}

type PairKind = 'removed' | 'added' | 'retyped' | 'other-type' | 'other-value';

const VERBS: Readonly<Record<PairKind, string>> = {
  removed: 'is missing',
  added: 'is new',
  retyped: 'has another type',
  'other-type': 'is another',
  'other-value': 'has another value',
};

function kindOf({ kind, differs, removed, retyped }: TestedField, path: string): PairKind {
  if (kind === 'added') return 'added';
  if (path === 'type') return 'other-type';
  if (removed > MOST_OF_IT * differs) return 'removed';
  return retyped > MOST_OF_IT * differs ? 'retyped' : 'other-value';
}

// Where the whole answer is another, its fields are; and so is what is inside of a thing that is not there.
function isCauseOf(cause: Difference, effect: Difference): boolean {
  if (cause === effect || cause.place !== effect.place) return false;
  const isOfHead = cause.path === 'status' || cause.path === 'type';
  if (isOfHead) return effect.path !== 'status' && cause.canary.count >= effect.canary.count;
  return effect.path.startsWith(`${cause.path}/`) && cause.canary.count >= effect.canary.count;
}

function byWorth(one: Difference, other: Difference): number {
  if (one.effect !== other.effect) return one.effect === 'breaking' ? -1 : 1;
  return other.logHarm - one.logHarm;
}

function shareOf(count: number, of: number): SeenShare {
  return { count, of, bounds: rateInterval(count, of) };
}

function often(count: number, of: number): string {
  return count === of
    ? `in all of ${formatCount(of)} requests`
    : `in ${formatCount(count)} of ${formatCount(of)} requests`;
}

/** How often the stable differed from itself, as a clause. */
export function ownAnswers(noise: number): string {
  return `the stable's own answers in ${noise === 0 ? 'none' : formatCount(noise)}`;
}
