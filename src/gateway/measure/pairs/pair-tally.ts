import { type AnswerPairs, type FieldPairs, MOST_FIELDS } from '../../../stats/answers/answer-pairs.ts';
import type { ComparedField } from '../reading/compare/compared-answers.ts';

type FieldCounts = { -readonly [Key in keyof FieldPairs]-?: number };

/** What became of the answers that were compared in one block, as it grows. */
export class PairTally {
  private compared = 0;
  private unusable = 0;
  private alone = 0;
  private readonly places = new Map<string, number>();
  private readonly fields = new Map<string, FieldCounts>();

  add(place: string, fields: readonly ComparedField[]): void {
    this.compared++;
    this.places.set(place, (this.places.get(place) ?? 0) + 1);
    for (const { path, canary, isNoise } of fields) {
      const counts = this.countsOf(`${place} ${path}`);
      if (counts === null) continue;
      if (canary !== null) counts.differs++;
      if (canary !== null && canary !== 'value') counts[canary]++;
      if (isNoise) counts.noise++;
      if (isNoise && canary !== null) counts.both++;
    }
  }

  addUnusable(): void {
    this.unusable++;
  }

  addAlone(): void {
    this.alone++;
  }

  read(): AnswerPairs {
    const { compared, unusable, alone, places, fields } = this;
    return {
      compared,
      unusable,
      ...(alone > 0 ? { alone } : {}),
      places: Object.fromEntries(places),
      fields: Object.fromEntries(Array.from(fields, ([name, counts]) => [name, toldOf(counts)])),
    };
  }

  private countsOf(name: string): FieldCounts | null {
    const known = this.fields.get(name);
    if (known !== undefined) return known;
    if (this.fields.size >= MOST_FIELDS) return null;
    const counts = { differs: 0, noise: 0, both: 0, removed: 0, added: 0, retyped: 0 };
    this.fields.set(name, counts);
    return counts;
  }
}

function toldOf({ differs, noise, both, ...how }: FieldCounts): FieldPairs {
  const told = Object.fromEntries(Object.entries(how).filter(([, count]) => count > 0));
  return { differs, noise, both, ...told };
}
