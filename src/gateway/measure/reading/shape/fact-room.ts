import { randomInt } from 'node:crypto';
import { absorb, finalise } from '../../../../split/hash.ts';
import type { Track } from '../../../../split/order.ts';
import type { GoneFact } from '../../../../stats/answers/shape-counts.ts';
import { FrequencySketch } from '../../endpoints/frequency-sketch.ts';

const SEEDS = 0xffff_ffff;
const TRACK_SEEDS: Readonly<Record<Track, number>> = { stable: 0, canary: 0x5bd1_e995 };

/** What takes room, and can give some back. */
interface Holder {
  readonly size: number;
  /** Gives up what is found least; false where it has nothing to give. */
  giveUp(): boolean;
}

/** Room for the facts of a route, which its places share, and how often paths were found for which there was none. */
export class FactRoom {
  left: number;
  private readonly holders: Holder[] = [];
  private readonly uncounted = new FrequencySketch();
  /** No client can make two paths collide. */
  private readonly seed = randomInt(SEEDS);
  private gone: GoneFact[] = [];

  constructor(left: number) {
    this.left = left;
  }

  /** How often what was counted was halved so far: other counts that are compared with them follow. */
  get halvings(): number {
    return this.uncounted.halvings;
  }

  /** @returns a number of its own */
  join(holder: Holder): number {
    return this.holders.push(holder);
  }

  /** Of a path that was found in another answer, in how many it was lately: never too few. */
  noteUncounted(place: number, track: Track, path: string): number {
    return this.uncounted.add(finalise(absorb(this.seed ^ finalise(place) ^ TRACK_SEEDS[track], path)));
  }

  /** Makes room for a place that has less than half as much as the one that has most. */
  takeFromLargest(taker: Holder): boolean {
    const largest = this.holders.reduce((most, one) => (one.size > most.size ? one : most), taker);
    return largest.size > 2 * taker.size && largest.giveUp();
  }

  tellGone(fact: GoneFact): void {
    this.left += 1;
    this.gone.push(fact);
  }

  /** What is not counted any more since this was asked last. */
  takeGone(): readonly GoneFact[] {
    if (this.gone.length === 0) return this.gone;
    const { gone } = this;
    this.gone = [];
    return gone;
  }
}
