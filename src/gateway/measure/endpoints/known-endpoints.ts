import { ANSWER_CLASSES } from '../../../stats/answer-kind.ts';
import { FrequencySketch } from './frequency-sketch.ts';

/** An endpoint that the stable has answered at. */
export interface KnownEndpoint {
  readonly hash: number;
  readonly name: string;
  /** How often it was noted, lately more than long ago. */
  notes: number;
  /** The stable's answers by class. */
  readonly counts: number[];
  /** What was usual before the present block, as bits; null while too little is known. */
  usual: number | null;
}

export const MOST_KNOWN = 200;
/** After so many notes all of them count half. */
const AGES_AFTER = 100_000;

/**
 * The endpoints that the stable answers at most. When there is room for no more, another one takes the place of the one that
 * was noted least, once it has been noted more often: what is asked for a few times displaces nothing (as in TinyLFU: Einziger,
 * Friedman, Manes, *TinyLFU: a highly efficient cache admission policy*, ACM ToS 13(4), 2017).
 */
export class KnownEndpoints {
  private readonly byHash = new Map<number, KnownEndpoint>();
  private readonly others = new FrequencySketch();
  private noted = 0;

  find(hash: number): KnownEndpoint | null {
    return this.byHash.get(hash) ?? null;
  }

  /** Notes an endpoint once; null while it is not known. */
  note(hash: number, name: () => string): KnownEndpoint | null {
    if (++this.noted >= AGES_AFTER) this.age();
    const known = this.byHash.get(hash);
    if (known !== undefined) {
      known.notes++;
      return known;
    }
    if (this.byHash.size < MOST_KNOWN) return this.add(hash, name(), 1);
    const notes = this.others.add(hash);
    const least = this.least();
    if (notes <= least.notes) return null;
    this.byHash.delete(least.hash);
    return this.add(hash, name(), notes);
  }

  all(): Iterable<KnownEndpoint> {
    return this.byHash.values();
  }

  private add(hash: number, name: string, notes: number): KnownEndpoint {
    const counts = Array.from({ length: ANSWER_CLASSES }, () => 0);
    const added = { hash, name, notes, counts, usual: null };
    this.byHash.set(hash, added);
    return added;
  }

  private least(): KnownEndpoint {
    let least: KnownEndpoint | null = null;
    for (const one of this.byHash.values()) if (least === null || one.notes < least.notes) least = one;
    if (least === null) throw new Error('no endpoint is known');
    return least;
  }

  private age(): void {
    this.noted = 0;
    for (const one of this.byHash.values()) one.notes /= 2;
  }
}
