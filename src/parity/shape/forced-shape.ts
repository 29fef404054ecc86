import type { ResponseShapeTerms } from '../../policy/checks/shape-checks.ts';
import { counted } from '../../policy/counted.ts';
import { forcedReach, forcedSlots, withForcedFacts } from '../../stats/presence/forced-shapes.ts';
import type { ForcedShapes, ShapeEvidence } from '../../stats/presence/shape-evidence.ts';
import { type Difference, MOST_DIFFERENCES } from '../differences/difference.ts';
import { differencesInWords } from '../differences/in-words.ts';
import { formatCount } from '../figures.ts';
import type { Reservation } from '../internal/reservation.ts';
import { clip } from '../words.ts';
import { isBeyondTestData } from './beyond-test-data.ts';
import { judgedSlots } from './expected.ts';
import { type NamedSlot, namedSlots } from './named-slot.ts';
import { meantDifferences, shapeDifferences } from './shape-differences.ts';
import { RESPONSE_SHAPE, type ShapeState } from './shape-state.ts';
import { tooMuchAt } from './shape-words.ts';

/** How long answers of the stable are waited for at the places that forced requests asked. */
const LONGEST_WAIT_MS = 60_000;

const REACTIONS: Readonly<Record<ResponseShapeTerms['breaking'], Reservation['kind']>> = {
  rollback: 'refuses',
  hold: 'holds',
  report: 'tells',
};

/** What forced answers look like beside the stable's at the same places, in the internal phase. */
export function shapeReservation(terms: ResponseShapeTerms, state: ShapeState): Reservation {
  const forced = state?.forced;
  const isRead = Object.values(forced?.shapes ?? {}).some(({ answers }) => answers > 0);
  if (state === null || forced === undefined || !isRead) return told('tells', 'no forced answer was read so far');
  const { differences, meant } = forcedDifferences(terms, state, forced);
  const reservation = saysOf(terms, { state, forced, differences });
  const listed = [...differences, ...meant].slice(0, MOST_DIFFERENCES);
  return listed.length === 0 ? reservation : { ...reservation, differences: listed };
}

interface ForcedDifferences {
  readonly differences: readonly Difference[];
  /** Those that the policy declares. */
  readonly meant: readonly Difference[];
}

interface ForcedLook {
  readonly state: ShapeEvidence;
  readonly forced: ForcedShapes;
  readonly differences: readonly Difference[];
}

function saysOf(terms: ResponseShapeTerms, { state, forced, differences }: ForcedLook): Reservation {
  const breaking = differences.filter(({ effect }) => effect === 'breaking');
  const differ = inWords(breaking);
  if (differ !== null) {
    const reason = `${differ}${terms.breaking === 'report' ? '' : wayOut(breaking)}`;
    return { kind: REACTIONS[terms.breaking], check: RESPONSE_SHAPE, reason };
  }
  const { compared, few, unknown, cut } = forcedReach(withForcedFacts(state, forced), forced);
  const isEarly = forced.until - forced.since < LONGEST_WAIT_MS;
  const unknowns = `${formatCount(unknown)} of places of which the stable's are not known`;
  if (unknown > 0 && isEarly && terms.breaking !== 'report') return told('waits', `${unknowns} yet`);
  if (cut.answers > 0) {
    const kind = terms.breaking === 'report' ? 'tells' : 'holds';
    return told(kind, `${counted(cut.answers, 'forced answer')} cannot be compared: ${tooMuchAt(cut.places)}`);
  }
  const too = 'at places with too few of them to tell';
  const rest = unknown === 0 ? '' : `; ${unknowns}`;
  if (compared === 0) {
    const said = few === 0 ? unknowns : `${counted(few, 'forced answer')} ${too}${rest}`;
    return told('tells', `${said}, so nothing was compared`);
  }
  const says = inWords(differences) ?? `${counted(compared, 'forced answer')} as the stable's are there`;
  return told('tells', `${says}${few === 0 ? '' : `; ${formatCount(few)} more ${too}`}${rest}`);
}

// Tests may have chosen what they ask for: that the canary itself differs is not shown.
function inWords(differences: readonly Difference[]): string | null {
  const words = differencesInWords(differences, "differ from the stable's");
  return words === null ? null : `forced answers ${words}`;
}

/** One forced answer that has it shows that the canary still sends it: see `isBeyondTestData`. */
function wayOut([worst]: readonly Difference[]): string {
  if (worst?.kind !== 'removed' && worst?.kind !== 'renamed') return '';
  return `; if the tests ask only for a rare kind of answer, have them also ask for one that has ${clip(worst.path)}`;
}

function told(kind: Reservation['kind'], reason: string): Reservation {
  return { kind, check: RESPONSE_SHAPE, reason: `shape of answers: ${reason}` };
}

const KNOWN = new WeakMap<ForcedShapes, { readonly terms: ResponseShapeTerms; readonly seen: ForcedDifferences }>();

function forcedDifferences(terms: ResponseShapeTerms, state: ShapeEvidence, forced: ForcedShapes): ForcedDifferences {
  const known = KNOWN.get(forced);
  if (known?.terms === terms) return known.seen;
  const evidence = withForcedFacts(state, forced);
  const places = new Map(evidence.places.map((place) => [place.place, place]));
  const named = namedSlots(evidence, forcedSlots(evidence, forced)).map((one): NamedSlot => {
    const { place: name } = one.slot;
    const place = places.get(name);
    const answers = Object.hasOwn(forced.shapes, name) ? forced.shapes[name] : undefined;
    const isKnown = place !== undefined && answers !== undefined;
    return { ...one, effect: isKnown && isBeyondTestData(one, { place, forced: answers }) ? 'breaking' : 'compatible' };
  });
  const { slots, meant } = judgedSlots(terms, evidence, named);
  const seen = { differences: shapeDifferences(evidence, slots), meant: meantDifferences(evidence, meant) };
  KNOWN.set(forced, { terms, seen });
  return seen;
}
