import { type FactText, readFact } from '../../../../stats/answers/shape-fact.ts';
import type { Mined } from './shape-miner.ts';

/** Facts that both sides remember; beyond it they begin anew. */
const MOST_NUMBERED = 20_000;

/** What goes from the thread for one document: numbers, and the texts of those that were not sent before, in their order. */
export interface PackedFacts {
  readonly numbers: readonly number[];
  readonly texts: readonly FactText[];
  /** An example of each of those, as far as there is one. */
  readonly examples: readonly (string | null)[];
  /** Whether all numbers begin anew with this one. */
  readonly isAnew: boolean;
}

/** Sends each text once. */
export class FactPacker {
  private readonly numbers = new Map<FactText, number>();
  private isNew = true;

  pack({ facts, show }: Mined): PackedFacts {
    const isAnew = this.isNew || this.numbers.size > MOST_NUMBERED;
    if (isAnew) this.numbers.clear();
    this.isNew = false;
    const texts: FactText[] = [];
    const numbers = facts.map((text) => {
      const known = this.numbers.get(text);
      if (known !== undefined) return known;
      texts.push(text);
      const number = this.numbers.size;
      this.numbers.set(text, number);
      return number;
    });
    const examples = texts.map((text) => show(readFact(text)?.path ?? ''));
    return { numbers, texts, examples, isAnew };
  }
}

/** The other side. Every packet has to be given to it, in the order in which they were packed. */
export class FactUnpacker {
  private texts: FactText[] = [];

  unpack({ numbers, texts, examples, isAnew }: PackedFacts): Mined {
    if (isAnew) this.texts = [];
    this.texts.push(...texts);
    const facts = numbers.flatMap((number) => this.texts[number] ?? []);
    const byPath = new Map(texts.map((text, at) => [readFact(text)?.path ?? '', examples[at] ?? null]));
    return { facts, show: (path) => byPath.get(path) ?? null };
  }
}
