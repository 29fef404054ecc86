import type { GoneFact, ShapeCounts } from '../answers/shape-counts.ts';
import type { FreeSlots, PlaceEvidence, Rise, ShapeEvidence } from './shape-evidence.ts';

/** What is gone in any of these. */
export function goneFactsIn(shapes: readonly (ShapeCounts | null | undefined)[]): readonly GoneFact[] {
  return shapes.flatMap((counts) =>
    Object.entries(counts ?? {}).flatMap(([place, { gone = [] }]) => gone.map((text) => ({ place, text }))),
  );
}

/**
 * Forgets what the gateway does not count any more. Its processes are kept for the facts that take its place: were they begun anew,
 * there would be more slots than the evidence is divided by.
 */
export function withoutGone(evidence: ShapeEvidence, gone: readonly GoneFact[]): ShapeEvidence {
  const free: FreeSlots[] = [...(evidence.free ?? [])];
  const byPlace = Map.groupBy(gone, ({ place }) => place);
  const places = evidence.places.map((place) => {
    const texts = new Set(byPlace.get(place.place)?.map(({ text }) => text));
    if (!place.facts.some((fact) => texts.has(fact))) return place;
    for (const [index, fact] of place.facts.entries()) {
      if (!texts.has(fact)) continue;
      const slots = { missing: place.missing[index] ?? -1, extra: place.extra[index] ?? -1 };
      if (slots.missing >= 0 || slots.extra >= 0) free.push(slots);
    }
    return without(place, texts);
  });
  return { ...evidence, places, ...(free.length === 0 ? {} : { free }) };
}

function without(place: PlaceEvidence, texts: ReadonlySet<string>): PlaceEvidence {
  const kept = place.facts.flatMap((fact, index) => (texts.has(fact) ? [] : [index]));
  const of = <T>(list: readonly T[]): readonly T[] => kept.flatMap((index) => list.slice(index, index + 1));
  const rising: Record<string, Rise> = {};
  for (const [to, from] of kept.entries()) {
    for (const side of ['missing', 'extra'] as const) {
      const rise = place.rising[`${side} ${from}`];
      if (rise !== undefined) rising[`${side} ${to}`] = rise;
    }
  }
  return {
    ...place,
    facts: of(place.facts),
    settled: kept.filter((index) => index < place.settled).length,
    past: of(place.past),
    filling: place.filling && { canary: of(place.filling.canary), stable: of(place.filling.stable) },
    missing: of(place.missing),
    extra: of(place.extra),
    rising,
  };
}
