/** However often a version speaks, it is not taken for silent before this, nor believed to be there after the other. */
const LEAST_MS = 10_000;
const MOST_MS = 600_000;
/** Of batches that come by chance, one gap in 3,000 is this many times the average. */
const GAPS = 8;
/** Weight of the newest gap in the average. */
const NEWEST = 1 / 8;

/**
 * When the logs of one version came last, and how often they come. Without it no line would mean the same as no sender: an
 * exporter that died would make the other version look noisy.
 */
export class LastHeard {
  private lastAt: number | null = null;
  private gapMs: number | null = null;

  at(now: number): void {
    if (this.lastAt !== null && now > this.lastAt) {
      const gap = now - this.lastAt;
      this.gapMs = this.gapMs === null ? gap : this.gapMs + (gap - this.gapMs) * NEWEST;
    }
    this.lastAt = Math.max(now, this.lastAt ?? now);
  }

  /** Whether somebody was there to write what there was, up to `until`. */
  isThere(until: number): boolean {
    if (this.lastAt === null) return false;
    const patience = Math.min(MOST_MS, Math.max(LEAST_MS, GAPS * (this.gapMs ?? 0)));
    return until - this.lastAt <= patience;
  }
}
