import type { PlaceEvidence, ShapeEvidence } from './shape-evidence.ts';

/** Of a version's answers, those with something that is not counted although many have it: beyond it, a place is not said to be compared. */
export const MOST_SHORT = 0.1;
/** With fewer answers of the canary nothing is compared yet. */
const FEWEST = 30;

/** The share of a version's answers with something that is not counted although many have it. */
export function shortShare({ short }: PlaceEvidence, track: 'canary' | 'stable'): number {
  return short === undefined || short[track].answers === 0 ? 0 : short[track].short / short[track].answers;
}

/** Places with so much in them that a difference might not show, of those where the canary has answered. */
export function shortPlaces({ places }: ShapeEvidence): readonly string[] {
  return places.flatMap((place) => {
    const isShort = (['canary', 'stable'] as const).some((track) => shortShare(place, track) > MOST_SHORT);
    return isShort && place.seen.canary >= FEWEST ? [place.place] : [];
  });
}
