import { randomFillSync } from 'node:crypto';

const AT_ONCE = 1024;

/**
 * The gateway's own chance, by which it draws versions: 32-bit numbers from the operating system's generator, in batches,
 * at a few ns each. No client can know the next one, so no client can aim its requests at a version.
 */
export class Chance {
  private readonly numbers = new Uint32Array(AT_ONCE);
  private next = AT_ONCE;

  /** Uniform over 0 .. 2^32 - 1. */
  draw(): number {
    if (this.next === AT_ONCE) {
      randomFillSync(this.numbers);
      this.next = 0;
    }
    return this.numbers[this.next++] ?? 0;
  }
}

/** Power of two: 64 KB for each route behind a proxy that sends ids. */
const REMEMBERED = 16_384;

/**
 * The last request ids by which versions were chosen, as their hashes. A request that comes again is no draw of its own: it goes
 * where it went before. Of two ids at the same place the later stays; a false "again" comes once in 260,000 requests.
 */
export class RecentDraws {
  private hashes: Uint32Array | null = null;

  /** Whether the hash was here before; from now on it was. */
  again(hash: number): boolean {
    this.hashes ??= new Uint32Array(REMEMBERED);
    const at = hash & (REMEMBERED - 1);
    if (this.hashes[at] === hash) return true;
    this.hashes[at] = hash;
    return false;
  }
}
