import type { FactText } from './shape-fact.ts';

/** What the answers of one place looked like, of one version in one block. */
export interface PlaceShape {
  /** Answers in the sample that were read. */
  readonly answers: number;
  /** Of those, with something for which there was no room, so that it is not counted. Omitted for none. */
  readonly cut?: number;
  /** Of those, with something that is not counted although many answers have it. Omitted for none. */
  readonly short?: number;
  /** Answers beside those, whose client went away before their end. Omitted for none. */
  readonly left?: number;
  /** Facts that are not counted any more, to make room for what more answers have. Omitted for none. */
  readonly gone?: readonly FactText[];
  /** By fact, the answers of which it is true: each counts once, however often it is true of it. */
  readonly facts: Readonly<Record<FactText, number>>;
}

/** By place: the endpoint and the class of the status, as in `GET /orders/{id} 2xx`. */
export type ShapeCounts = Readonly<Record<string, PlaceShape>>;

/** A fact of a place that is not counted any more. */
export interface GoneFact {
  readonly place: string;
  readonly text: FactText;
}

/** Places of a route that are told apart; what is beyond them is not looked at. */
export const MOST_PLACES = 200;
/** Facts of a block, of all places together. */
export const MOST_FACTS = 2_000;

/**
 * Places and facts beyond the bounds are left out: what is counted of the others stays whole. Answers with a fact that is left out are
 * cut.
 */
export function addShapes(one: ShapeCounts, other: ShapeCounts): ShapeCounts {
  const sum = new Map(Object.entries(one));
  let room = MOST_FACTS - factsIn(one);
  for (const [place, shape] of Object.entries(other)) {
    const known = sum.get(place);
    if (known === undefined && sum.size >= MOST_PLACES) continue;
    const facts = new Map(Object.entries(known?.facts ?? {}));
    const answers = (known?.answers ?? 0) + shape.answers;
    let cut = (known?.cut ?? 0) + (shape.cut ?? 0);
    for (const [fact, count] of Object.entries(shape.facts)) {
      const before = facts.get(fact);
      if (before === undefined && room <= 0) {
        cut += count;
        continue;
      }
      if (before === undefined) room -= 1;
      facts.set(fact, (before ?? 0) + count);
    }
    const short = (known?.short ?? 0) + (shape.short ?? 0);
    const left = (known?.left ?? 0) + (shape.left ?? 0);
    const gone = new Set([...(known?.gone ?? []), ...(shape.gone ?? [])]);
    sum.set(place, {
      answers,
      ...(cut === 0 ? {} : { cut: Math.min(answers, cut) }),
      ...(short === 0 ? {} : { short }),
      ...(left === 0 ? {} : { left }),
      ...(gone.size === 0 ? {} : { gone: [...gone] }),
      facts: Object.fromEntries(facts),
    });
  }
  return Object.fromEntries(sum);
}

function factsIn(shapes: ShapeCounts): number {
  return Object.values(shapes).reduce((sum, { facts }) => sum + Object.keys(facts).length, 0);
}
