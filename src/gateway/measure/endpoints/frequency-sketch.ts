const ROWS = 4;
const WIDTH = 4_096;
const MULTIPLIERS = [0x9e37_79b1, 0x85eb_ca77, 0xc2b2_ae3d, 0x27d4_eb2f] as const;

/**
 * How often each of any number of hashes was added, in 32 KB: never too few, and too many by chance only (count-min; Cormode,
 * Muthukrishnan, *An improved data stream summary*, Journal of Algorithms 55(1), 2005). Counts are halved from time to time.
 */
export class FrequencySketch {
  private readonly counts = new Uint16Array(ROWS * WIDTH);
  private added = 0;
  /** How often the counts were halved. */
  halvings = 0;

  /** Adds a hash, and tells how often it was added so far. */
  add(hash: number): number {
    if (++this.added >= ROWS * WIDTH) this.halve();
    let least = Number.POSITIVE_INFINITY;
    for (const [row, multiplier] of MULTIPLIERS.entries()) {
      const at = row * WIDTH + (Math.imul(hash, multiplier) >>> 20);
      const count = Math.min(0xffff, (this.counts[at] ?? 0) + 1);
      this.counts[at] = count;
      least = Math.min(least, count);
    }
    return least;
  }

  private halve(): void {
    this.added = 0;
    this.halvings += 1;
    for (const [at, count] of this.counts.entries()) if (count > 0) this.counts[at] = count >>> 1;
  }
}
