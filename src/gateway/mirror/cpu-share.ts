/** How long the thread may be busy at once. */
const BURST_MS = 2_000;

/** A share of a core: what was spent comes back with time, and beyond it nothing more is begun. */
export class CpuShare {
  private readonly share: number;
  private readonly now: () => number;
  private leftMs = BURST_MS;
  private at: number;

  /** @param now monotonic ms */
  constructor(share: number, now: () => number) {
    this.share = share;
    this.now = now;
    this.at = now();
  }

  mayBegin(): boolean {
    const now = this.now();
    this.leftMs = Math.min(BURST_MS, this.leftMs + (now - this.at) * this.share);
    this.at = now;
    return this.leftMs > 0;
  }

  /** May be more than was left: how long it takes is known when it is done. */
  spend(ms: number): void {
    this.leftMs -= ms;
  }
}
