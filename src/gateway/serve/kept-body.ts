/** The most of a body that is kept for a second attempt, or held while the upstream does not read. */
export const KEPT_BYTES = 65_536;
const LEAST_BYTES = 1_024;

/** The beginning of a body in one buffer. Kept as separate pieces, each octet that a client sends alone would cost 200. */
export class KeptBody {
  private memory = Buffer.allocUnsafeSlow(LEAST_BYTES);
  private count = 0;

  /** Everything added so far; these bytes no longer change. */
  get bytes(): Buffer {
    return this.memory.subarray(0, this.count);
  }

  add(chunk: Buffer): void {
    const total = this.count + chunk.length;
    if (total > this.memory.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(total, 2 * this.memory.length));
      this.memory.copy(larger, 0, 0, this.count);
      this.memory = larger;
    }
    chunk.copy(this.memory, this.count);
    this.count = total;
  }
}
