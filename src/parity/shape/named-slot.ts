import { type Fact, factText, readFact } from '../../stats/answers/shape-fact.ts';
import { basisOf, isType } from '../../stats/presence/fact-test.ts';
import type { PlaceEvidence, ShapeEvidence } from '../../stats/presence/shape-evidence.ts';
import { risenSlots, type ShapeSlot } from '../../stats/presence/shape-slots.ts';
import type { Difference, DifferenceKind } from '../differences/difference.ts';

/** What a slot with evidence says of the answers, in a client's words. */
export interface NamedSlot {
  readonly slot: ShapeSlot;
  readonly kind: DifferenceKind;
  readonly effect: Difference['effect'];
  readonly to: string | null;
}

/** Below this share of the answers something counts as not there. */
const HARDLY = 0.005;
/** From this share on a client may rely on a header. */
const ALWAYS = 0.99;
/** Of the answers with a field, those of which it has to be known what the field says, for its words to be an enumeration. */
const TOLD = 0.9;
/** From this share on a field says one word only. */
const ONE_WORD = 0.99;
const WORD = 'value:';
const FORMAT = 'format:';

/** Whatever differs for a client among the slots with evidence, however little. */
export function namedSlots(
  evidence: ShapeEvidence,
  slots: readonly ShapeSlot[] = risenSlots(evidence),
): readonly NamedSlot[] {
  const places = new Map(evidence.places.map((place) => [place.place, place]));
  return slots.flatMap((slot) => {
    const place = places.get(slot.place);
    const named = place === undefined ? null : nameOf(slot, place);
    return named === null ? [] : [{ slot, ...named }];
  });
}

function nameOf(slot: ShapeSlot, place: PlaceEvidence): Omit<NamedSlot, 'slot'> | null {
  const { fact, side } = slot;
  const { trait, path } = fact;
  const breaking = (kind: DifferenceKind, to: string | null = null) => ({ kind, effect: 'breaking', to }) as const;
  const compatible = (kind: DifferenceKind, to: string | null = null) => ({ kind, effect: 'compatible', to }) as const;
  if (trait === 'type') return breaking('other-type', path === '' ? 'none' : path);
  if (trait === 'present' && path === '' && side === 'missing') return breaking('other-type', 'no JSON');
  if (trait === 'present' && side === 'missing') return breaking(isGone(slot) ? 'removed' : 'optional');
  if (trait === 'header' && side === 'missing') {
    const kind = isGone(slot) ? 'removed' : 'optional';
    return usualPresence(place, fact) >= ALWAYS ? breaking(kind) : compatible(kind);
  }
  if (trait === 'present' || trait === 'header') return compatible('added');
  if (trait === 'null') return breaking('nullable', 'null');
  if (trait === 'absent' || trait === 'empty') return breaking('optional');
  if (isType(trait)) return isIntegerOfNumber(place, fact) ? null : breaking('retyped', trait);
  if (trait.startsWith(FORMAT)) return breaking('reformatted', otherFormat(place, fact));
  if (trait.startsWith('decade:')) return compatible('wider', trait.slice('decade:'.length));
  if (trait.startsWith(WORD) && isEnumeration(place, path)) {
    const word = trait.slice(WORD.length);
    const isNew = usualPresence(place, fact) < HARDLY && !isConstant(slot, place);
    return isNew ? breaking('new-value', word) : compatible('other-value', word);
  }
  return null;
}

/** Whether hardly any answer of the canary has it, since the evidence began to rise. */
function isGone({ rise }: ShapeSlot): boolean {
  return rise !== null && rise.xc <= HARDLY * rise.nc;
}

/** Whether the stable always says one word and the canary always another, as where it is the build or the region of a version. */
function isConstant({ rise, fact: { path } }: ShapeSlot, place: PlaceEvidence): boolean {
  if (rise === null || rise.xc < ONE_WORD * rise.nc) return false;
  return place.facts.some((text) => {
    const other = readFact(text);
    return other?.path === path && other.trait.startsWith(WORD) && usualPresence(place, other) >= ONE_WORD;
  });
}

/** The stable's past share of a fact, of what it is a share of; 0 where nothing is known. */
export function usualPresence({ facts, past }: PlaceEvidence, fact: Fact): number {
  const basis = basisOf(fact);
  const of = basis === null ? past[0] : past[facts.indexOf(basis)];
  const count = past[facts.indexOf(factText(fact))] ?? 0;
  return of === undefined || of <= 0 ? 0 : Math.min(1, count / of);
}

// Where numbers have come, one without a fraction is no other type.
function isIntegerOfNumber(place: PlaceEvidence, { trait, path }: Fact): boolean {
  return trait === 'integer' && usualPresence(place, { trait: 'number', path }) >= HARDLY;
}

function isEnumeration({ facts, past }: PlaceEvidence, path: string): boolean {
  const of = past[facts.indexOf(factText({ trait: 'present', path }))] ?? 0;
  const told = facts.reduce(
    (sum, fact, index) => (fact.startsWith(WORD) && fact.endsWith(` ${path}`) ? sum + (past[index] ?? 0) : sum),
    0,
  );
  return of > 0 && told >= TOLD * of;
}

/** The format that came instead, where it is a known one. */
function otherFormat(place: PlaceEvidence, { trait, path }: Fact): string | null {
  const others = place.facts.filter((fact) => fact.startsWith(FORMAT) && fact.endsWith(` ${path}`));
  const [other, ...more] = others.flatMap((fact) => {
    const format = fact.slice(0, fact.indexOf(' '));
    return format === trait || usualPresence(place, { trait: format, path }) >= HARDLY ? [] : [format];
  });
  return other === undefined || more.length > 0 ? null : other.slice(FORMAT.length);
}
