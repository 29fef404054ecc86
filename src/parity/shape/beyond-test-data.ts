import { factText } from '../../stats/answers/shape-fact.ts';
import { isHardlyEver } from '../../stats/presence/forced-shapes.ts';
import type { PlaceEvidence } from '../../stats/presence/shape-evidence.ts';
import type { NamedSlot } from './named-slot.ts';

const NUMERIC: readonly string[] = ['integer', 'number'];

/**
 * Whether no choice of test data explains what forced answers have otherwise. Tests may ask for what is empty, unset or seldom, and
 * send headers of their own; but a field that the stable's answers of 2xx hardly ever lack, and a type that a field of theirs hardly
 * ever has, are what clients were promised.
 *
 * @param place with what the stable has answered there
 */
export function isBeyondTestData({ kind, slot: { fact } }: NamedSlot, place: PlaceEvidence): boolean {
  const { trait, path } = fact;
  if (!place.place.endsWith(' 2xx')) return false;
  // `missing` is only asked of what the stable hardly ever lacks.
  if (kind === 'removed') return trait === 'present';
  // The values of a map may be anything, and what is always null has no type so far.
  if (kind !== 'retyped' || path.endsWith('/{}')) return false;
  const stable = (of: string) => place.past[place.facts.indexOf(factText({ trait: of, path }))] ?? 0;
  const alike = NUMERIC.includes(trait) ? NUMERIC : [trait];
  return isHardlyEver(
    alike.reduce((sum, type) => sum + stable(type), 0),
    stable('present') - stable('null'),
  );
}
