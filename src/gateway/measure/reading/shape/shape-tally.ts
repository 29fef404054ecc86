import { MOST_FACTS, type PlaceShape, type ShapeCounts } from '../../../../stats/answers/shape-counts.ts';
import type { FactText } from '../../../../stats/answers/shape-fact.ts';
import type { ReadFacts } from './place-facts.ts';

class PlaceTally {
  answers = 0;
  cut = 0;
  short = 0;
  left = 0;
  readonly gone = new Set<FactText>();
  readonly facts = new Map<FactText, { count: number }>();
}

/** What the answers of one version looked like, in one block, as it grows. */
export class ShapeTally {
  private readonly places = new Map<string, PlaceTally>();
  private left = MOST_FACTS;

  add(name: string, { facts, isCut, isShort, gone }: ReadFacts): void {
    for (const { place, text } of gone)
      if (this.placeOf(place).gone.size < MOST_FACTS) this.placeOf(place).gone.add(text);
    const place = this.placeOf(name);
    place.answers += 1;
    if (isShort) place.short += 1;
    let isWhole = !isCut;
    for (const { text } of facts) {
      const known = place.facts.get(text);
      if (known !== undefined) known.count += 1;
      else if (this.left > 0) {
        this.left -= 1;
        place.facts.set(text, { count: 1 });
      } else isWhole = false;
    }
    if (!isWhole) place.cut += 1;
  }

  addLeft(name: string): void {
    this.placeOf(name).left += 1;
  }

  read(): ShapeCounts {
    return Object.fromEntries([...this.places].map(([name, place]) => [name, readPlace(place)]));
  }

  private placeOf(name: string): PlaceTally {
    let place = this.places.get(name);
    if (place === undefined) {
      place = new PlaceTally();
      this.places.set(name, place);
    }
    return place;
  }
}

function readPlace({ answers, cut, short, left, gone, facts }: PlaceTally): PlaceShape {
  return {
    answers,
    ...(cut === 0 ? {} : { cut }),
    ...(short === 0 ? {} : { short }),
    ...(left === 0 ? {} : { left }),
    ...(gone.size === 0 ? {} : { gone: [...gone] }),
    facts: Object.fromEntries([...facts].map(([text, { count }]) => [text, count])),
  };
}
