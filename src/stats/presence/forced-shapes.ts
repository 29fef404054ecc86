import { addShapes, type PlaceShape, type ShapeCounts } from '../answers/shape-counts.ts';
import { type Fact, type FactText, readFact } from '../answers/shape-fact.ts';
import { forcedLogE, forcedThreshold } from '../rates/forced-share.ts';
import { basisOf, isType } from './fact-test.ts';
import type { ForcedShapes, PlaceEvidence, ShapeEvidence } from './shape-evidence.ts';
import type { ShapeSlot } from './shape-slots.ts';
import { MOST_SHORT, shortShare } from './short-answers.ts';
import { MOST_SLOTS } from './slots.ts';

/** With fewer answers of the stable, a place is not known. */
const ENOUGH_PAST = 100;
/** Forced answers of a place of which no fewer could show a difference: see `forcedThreshold`. */
const FEWEST_FORCED = 6;
/** What the stable leaves out more often is no promise to anybody. */
const HARDLY_EVER = 0.01;

/** Forced answers, by what they could show. */
export interface ForcedReach {
  readonly compared: number;
  /** Of places with too few of them. */
  readonly few: number;
  /** Of places of which too little of the stable is known. */
  readonly unknown: number;
  /** Of places with so much in them that a field that is gone might not show. */
  readonly cut: { readonly answers: number; readonly places: readonly string[] };
}

/** With the forced answers of one block. */
export function addForcedShapes(
  evidence: ShapeEvidence,
  shapes: ShapeCounts | undefined,
  until: number,
): ShapeEvidence {
  const { forced } = evidence;
  if (forced === undefined && shapes === undefined) return evidence;
  const sum = shapes === undefined ? (forced?.shapes ?? {}) : addShapes(forced?.shapes ?? {}, withAnswers(shapes));
  return { ...evidence, forced: { since: forced?.since ?? until, until, shapes: sum } };
}

/** What is not counted any more stays as it was seen here. */
function withAnswers(shapes: ShapeCounts): ShapeCounts {
  return Object.fromEntries(
    Object.entries(shapes).flatMap(([name, shape]) => (shape.answers === 0 ? [] : [[name, { ...shape, gone: [] }]])),
  );
}

/**
 * The facts in which forced answers are unlike what the stable has answered at the same places: what it nearly always has and they lack,
 * and what it has not (docs/statistics.md section 3.16). Words, ranges and formats are not among them: what forced requests
 * ask for is chosen by somebody.
 *
 * @param evidence as `withForcedFacts` has it
 */
export function forcedSlots(evidence: ShapeEvidence, { since, shapes }: ForcedShapes): readonly ShapeSlot[] {
  const threshold = forcedThreshold(MOST_SLOTS);
  return evidence.places.flatMap((place) => {
    const forced = Object.hasOwn(shapes, place.place) ? shapes[place.place] : undefined;
    if (forced === undefined || stableAnswers(place) < ENOUGH_PAST) return [];
    return place.facts.flatMap((text): readonly ShapeSlot[] => {
      const fact = readFact(text);
      if (fact === null || !isPromise(fact)) return [];
      const counts = countsOf(place, forced, fact);
      if (counts === null || counts.ns < ENOUGH_PAST) return [];
      const { nc, xc, ns, xs } = counts;
      const has = Math.min(nc, xc + (forced.cut ?? 0));
      const may = Math.min(ns, xs + shortShare(place, 'stable') * ns);
      const sides = [
        // Where an answer was cut, what was not seen of it may be there.
        ...(isHardlyEver(ns - xs, ns) && canBeMissed(fact)
          ? [
              {
                side: 'missing',
                logE: forcedLogE({ requests: nc, events: nc - has }, shrunkShare(ns - xs, ns)),
              } as const,
            ]
          : []),
        { side: 'extra', logE: forcedLogE({ requests: nc, events: xc }, shrunkShare(may, ns)) } as const,
      ];
      return sides
        .filter(({ logE }) => logE >= threshold)
        .map(({ side, logE }) => ({
          place: place.place,
          fact,
          side,
          logE,
          rise: { log: logE, since, nc, xc, ns, xs },
        }));
    });
  });
}

/** How many of the forced answers could have shown a difference. */
export function forcedReach({ places }: ShapeEvidence, { shapes }: ForcedShapes): ForcedReach {
  const known = new Map(places.flatMap((place) => (stableAnswers(place) >= ENOUGH_PAST ? [[place.place, place]] : [])));
  const reach = { compared: 0, few: 0, unknown: 0 };
  const cut = { answers: 0, places: [] as string[] };
  for (const [name, forced] of Object.entries(shapes)) {
    const { answers } = forced;
    const place = known.get(name);
    if (place === undefined) reach.unknown += answers;
    else if (answers < FEWEST_FORCED) reach.few += answers;
    else if (shortShare(place, 'stable') > MOST_SHORT || !showsLoss(forced)) {
      cut.answers += answers;
      cut.places.push(name);
    } else reach.compared += answers;
  }
  return { ...reach, cut };
}

/** Whether something that all of them lack would show, for all that may be in those that were cut. */
function showsLoss({ answers, cut = 0 }: PlaceShape): boolean {
  return forcedLogE({ requests: answers, events: answers - cut }, 0) >= forcedThreshold(MOST_SLOTS);
}

/** Whether the stable does it in at most a hundredth, as far as so many of its answers can tell. */
export function isHardlyEver(events: number, answers: number): boolean {
  return shrunkShare(events, answers) <= HARDLY_EVER;
}

/** What was gathered of the stable, with the facts that only the forced answers have. */
export function withForcedFacts(evidence: ShapeEvidence, { shapes }: ForcedShapes): ShapeEvidence {
  const places = evidence.places.map((place) => {
    const forced = Object.hasOwn(shapes, place.place) ? Object.keys(shapes[place.place]?.facts ?? {}) : [];
    const known = new Set(place.facts);
    const fresh = forced.filter((fact) => !known.has(fact));
    const stable = place.facts.map((_, index) =>
      Math.round((place.past[index] ?? 0) + (place.filling?.stable[index] ?? 0)),
    );
    return { ...place, facts: [...place.facts, ...fresh], past: [...stable, ...fresh.map(() => 0)], filling: null };
  });
  return { ...evidence, places };
}

// What was not seen in 100 answers may be in the next.
function shrunkShare(events: number, answers: number): number {
  return (events + 1) / (answers + 3);
}

function stableAnswers({ past, filling }: PlaceEvidence): number {
  return (past[0] ?? 0) + (filling?.stable[0] ?? 0);
}

/** What a client may rely on, whatever it asks for; a list or a map may well be empty. */
function isPromise({ trait, path }: Fact): boolean {
  return (
    trait === 'type' || trait === 'header' || isType(trait) || (trait === 'present' && !/\/(?:\*|\{\})$/.test(path))
  );
}

function canBeMissed({ trait }: Fact): boolean {
  return trait === 'present' || trait === 'header';
}

function countsOf({ facts, past }: PlaceEvidence, forced: ShapeCounts[string], fact: Fact) {
  const basis = basisOf(fact);
  const of = (text: FactText) => (Object.hasOwn(forced.facts, text) ? (forced.facts[text] ?? 0) : 0);
  const at = (text: FactText) => past[facts.indexOf(text)] ?? 0;
  const text = `${fact.trait} ${fact.path}`;
  const nc = basis === null ? forced.answers : of(basis);
  const ns = basis === null ? (past[0] ?? 0) : at(basis);
  if (nc === 0) return null;
  return { nc, xc: Math.min(nc, of(text)), ns, xs: Math.min(ns, at(text)) };
}
