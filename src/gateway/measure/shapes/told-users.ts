import { finalise } from '../../../split/hash.ts';

/** 256 KB: of 100,000 that were told, another one is taken for one of them in one case of a hundred. */
const BITS = 2_097_152;
const HOUR_MS = 3_600_000;
const SECOND = 0x5bd1_e995;

/**
 * Which sticky keys have an answer in the sample at a place, within the hour: users are counted, and not how often they ask. A Bloom
 * filter (Bloom, *Space/time trade-offs in hash coding with allowable errors*, CACM 13(7), 1970): it never takes one twice, and
 * leaves out a few, whichever their version is.
 */
export class ToldUsers {
  private readonly bits = new Uint32Array(BITS / 32);
  private hour = 0;

  /** @param now monotonic ms */
  isFirst(key: number, place: number, now: number): boolean {
    const hour = Math.floor(now / HOUR_MS);
    if (hour !== this.hour) {
      this.hour = hour;
      this.bits.fill(0);
    }
    const hash = finalise(Math.imul(key, SECOND) ^ finalise(place + 1));
    const isNewAtOne = this.set(hash);
    const isNewAtOther = this.set(finalise(hash ^ SECOND));
    return isNewAtOne || isNewAtOther;
  }

  /** Whether it was not set before. */
  private set(hash: number): boolean {
    const bit = hash % BITS;
    const at = bit >>> 5;
    const mask = 1 << (bit & 31);
    const before = this.bits[at] ?? 0;
    this.bits[at] = before | mask;
    return (before & mask) === 0;
  }
}
