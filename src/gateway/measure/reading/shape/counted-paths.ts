import type { Track } from '../../../../split/order.ts';

/** A version with hardly any answers says little about how many of them have something. */
const FEW = 4;

/** In how many answers of each version something was, lately more than long ago. */
export type SeenIn = Record<Track, number>;

/** A path with facts that are counted, which come and go together: each is a share of another one of them. */
export interface CountedPath {
  readonly path: string;
  readonly seenIn: SeenIn;
  /** The answer that it was last found in. */
  answer: number;
}

/** The paths of a place that are counted, by how many answers have them. */
export class CountedPaths {
  private readonly byPath = new Map<string, CountedPath>();
  private readonly answers: SeenIn = { stable: 0, canary: 0 };
  private halvings = 0;

  /** Counts another answer. @param halvings see `FactRoom` */
  begin(track: Track, halvings: number): void {
    for (; this.halvings < halvings; this.halvings += 1) this.halve();
    this.answers[track] += 1;
  }

  find(path: string): CountedPath | null {
    return this.byPath.get(path) ?? null;
  }

  /** @param seen in how many answers of the version it was */
  add(path: string, track: Track, seen: number): CountedPath {
    const seenIn: SeenIn = { stable: 0, canary: 0 };
    seenIn[track] = Math.max(0, seen - 1);
    const added = { path, seenIn, answer: 0 };
    this.byPath.set(path, added);
    return added;
  }

  remove(path: string): void {
    this.byPath.delete(path);
  }

  /** Found in an answer, which counts once. */
  note(counted: CountedPath, track: Track, answer: number): void {
    if (counted.answer === answer) return;
    counted.answer = answer;
    counted.seenIn[track] += 1;
  }

  isIn(path: string | undefined, answer: number): boolean {
    return path !== undefined && this.byPath.get(path)?.answer === answer;
  }

  /** The share of a version's answers with something that was in so many. */
  shareOf(track: Track, seen: number): number {
    return Math.min(1, seen / (this.answers[track] + FEW));
  }

  /** Of the version that has it more often. */
  shareOfPath({ seenIn }: CountedPath): number {
    return Math.max(this.shareOf('stable', seenIn.stable), this.shareOf('canary', seenIn.canary));
  }

  /** The one that is found least, of those that are alike what is innermost; null for none but those of the answer at hand. */
  least(answer: number): { readonly path: string; readonly share: number } | null {
    let least: { readonly path: string; readonly share: number } | null = null;
    for (const counted of this.byPath.values()) {
      if (counted.answer === answer) continue;
      const share = this.shareOfPath(counted);
      // What contains others was there before them.
      if (least === null || share <= least.share) least = { path: counted.path, share };
    }
    return least;
  }

  private halve(): void {
    for (const track of ['stable', 'canary'] as const) this.answers[track] /= 2;
    for (const { seenIn } of this.byPath.values()) {
      seenIn.stable /= 2;
      seenIn.canary /= 2;
    }
  }
}
