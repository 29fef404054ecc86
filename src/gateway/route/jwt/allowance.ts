/** So many at once, and then one more every `everyMs`. */
export class Allowance {
  private readonly most: number;
  private readonly everyMs: number;
  private readonly now: () => number;
  private left: number;
  private filledAt: number;

  /** @param now monotonic ms */
  constructor(most: number, everyMs: number, now: () => number) {
    this.most = most;
    this.everyMs = everyMs;
    this.now = now;
    this.left = most;
    this.filledAt = now();
  }

  /** Takes one; false when there is none left. */
  take(): boolean {
    const now = this.now();
    this.left = Math.min(this.most, this.left + (now - this.filledAt) / this.everyMs);
    this.filledAt = now;
    if (this.left < 1) return false;
    this.left--;
    return true;
  }
}
