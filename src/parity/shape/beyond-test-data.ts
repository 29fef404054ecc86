import type { PlaceShape } from '../../stats/answers/shape-counts.ts';
import { type FactText, factText, readFact } from '../../stats/answers/shape-fact.ts';
import { isHardlyEver } from '../../stats/presence/forced-shapes.ts';
import type { PlaceEvidence } from '../../stats/presence/shape-evidence.ts';
import type { NamedSlot } from './named-slot.ts';

const NUMERIC: readonly string[] = ['integer', 'number'];
/** Of fewer answers of the stable nobody can say that they are a variant. */
const FEWEST_OF_VARIANT = 3;
/** Of a variant, the answers that do what it is asked for. */
const MOST_OF_VARIANT = 0.9;

/** Where forced answers were asked for. */
export interface ForcedPlace {
  /** With what the stable has answered there. */
  readonly place: PlaceEvidence;
  readonly forced: PlaceShape;
}

/**
 * Whether no choice of test data explains what forced answers have otherwise. Tests may ask for what is empty, unset or seldom, and
 * send headers of their own; but a field that the stable's answers of 2xx hardly ever lack, and a type that a field of theirs hardly
 * ever has, are what clients were promised, unless all that the tests asked for is a variant of the few answers that are so.
 */
export function isBeyondTestData({ kind, slot: { fact, rise } }: NamedSlot, at: ForcedPlace): boolean {
  const { trait, path } = fact;
  const { place } = at;
  if (!place.place.endsWith(' 2xx')) return false;
  if (kind === 'removed') {
    // `missing` is only asked of what the stable hardly ever lacks where it could have it.
    return trait === 'present' && !isOfVariant(path, rise === null ? 0 : rise.ns - rise.xs, at);
  }
  // The values of a map may be anything, and what is always null has no type so far.
  if (kind !== 'retyped' || path.endsWith('/{}')) return false;
  const stable = (of: string) => place.past[place.facts.indexOf(factText({ trait: of, path }))] ?? 0;
  const alike = NUMERIC.includes(trait) ? NUMERIC : [trait];
  const seldom = alike.reduce((sum, type) => sum + stable(type), 0);
  return isHardlyEver(seldom, stable('present') - stable('null')) && !isOfVariant(path, seldom, at);
}

/**
 * Whether there is something that all forced answers have, and the stable in about as many answers as do what is asked about, so that
 * they may be the same. That it is so in each of them is not counted; the steps tell.
 *
 * @param seldom answers of the stable that do what all forced answers do
 */
function isOfVariant(path: string, seldom: number, { place, forced }: ForcedPlace): boolean {
  return place.facts.some((text, index) => {
    const of = place.past[index] ?? 0;
    // Counts are rounded, each by itself.
    const isAsSeldom = of >= FEWEST_OF_VARIANT && MOST_OF_VARIANT * of <= seldom + 1;
    return isAsSeldom && tellsVariants(text, path) && countOf(forced, text) === forced.answers;
  });
}

/** What is there beside the path, or a word that is said there: not the path itself, and nothing in it or around it. */
function tellsVariants(text: FactText, path: string): boolean {
  const fact = readFact(text);
  if (fact === null || !(fact.trait === 'present' || fact.trait.startsWith('value:'))) return false;
  const isWithin = (inner: string, outer: string) => inner === outer || inner.startsWith(`${outer}/`);
  return !isWithin(fact.path, path) && !isWithin(path, fact.path);
}

function countOf({ facts }: PlaceShape, text: FactText): number {
  return Object.hasOwn(facts, text) ? (facts[text] ?? 0) : 0;
}
