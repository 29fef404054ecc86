/** Latencies in buckets of 1 %, from 1 us on. */
export class Latency {
  private readonly counts = new Uint32Array(2_048);
  private total = 0;

  add(ms: number): void {
    const us = Math.max(1, ms * 1_000);
    const bucket = Math.min(this.counts.length - 1, Math.round(Math.log(us) * 100));
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.total++;
  }

  clear(): void {
    this.counts.fill(0);
    this.total = 0;
  }

  /** ms; `NaN` when there is none. */
  quantile(share: number): number {
    let left = Math.ceil(this.total * share);
    for (const [bucket, count] of this.counts.entries()) {
      left -= count;
      if (left <= 0 && this.total > 0) return Math.exp(bucket / 100) / 1_000;
    }
    return Number.NaN;
  }
}
