import type { Block, Tally } from '../../../stats/block.ts';

/** Facts and compared fields in the blocks of a route that nobody has collected: about 10 MB. */
const MOST_HELD_FACTS = 100_000;

/**
 * Bounds what answers looked like, and where compared ones differed, in blocks that wait to be collected. Beyond it the oldest block
 * loses both, of both versions alike, and keeps all other counts.
 */
export class HeldShapes {
  /** Of the blocks that have some, oldest first. */
  private readonly held = new Map<number, number>();
  private facts = 0;

  /** @returns the numbers of blocks that have to lose theirs */
  add(number: number, block: Block): readonly number[] {
    const facts = factsIn(block);
    if (facts === 0) return [];
    this.held.set(number, facts);
    this.facts += facts;
    const losing: number[] = [];
    for (const [oldest, count] of this.held) {
      if (this.facts <= MOST_HELD_FACTS || oldest === number) break;
      this.forget(oldest, count);
      losing.push(oldest);
    }
    return losing;
  }

  /** Blocks below this number are gone. */
  dropBefore(number: number): void {
    for (const [held, count] of this.held) {
      if (held >= number) return;
      this.forget(held, count);
    }
  }

  private forget(number: number, count: number): void {
    this.held.delete(number);
    this.facts -= count;
  }
}

export function withoutShapes(block: Block): Block {
  const { pairs: _, ...others } = block;
  const { stable, canary, forced, ruled } = others;
  return {
    ...others,
    stable: stable && bare(stable),
    canary: canary && bare(canary),
    forced: { stable: bare(forced.stable), canary: bare(forced.canary) },
    ruled: { stable: bare(ruled.stable), canary: bare(ruled.canary) },
  };
}

function bare(tally: Tally): Tally {
  const { shapes: _, ...others } = tally;
  return others;
}

function factsIn({ stable, canary, forced, ruled, pairs }: Block): number {
  let facts = pairs === undefined ? 0 : 1 + Object.keys(pairs.places).length + Object.keys(pairs.fields).length;
  for (const tally of [stable, canary, forced.stable, forced.canary, ruled.stable, ruled.canary]) {
    if (tally?.shapes === undefined) continue;
    for (const { facts: counts, gone = [] } of Object.values(tally.shapes)) {
      facts += 1 + Object.keys(counts).length + gone.length;
    }
  }
  return facts;
}
