import type { Tally } from '../stats/block.ts';
import { bucketOf } from '../stats/log-histogram.ts';

/** One version's counters within one block, while they grow. */
export class LaneTally {
  requests = 0;
  errors = 0;
  clientErrors = 0;
  private latency: Map<number, number> | null = null;

  addLatency(ms: number): void {
    this.latency ??= new Map();
    const bucket = bucketOf(ms);
    this.latency.set(bucket, (this.latency.get(bucket) ?? 0) + 1);
  }

  get isEmpty(): boolean {
    return this.requests === 0 && this.latency === null;
  }

  read(): Tally {
    return {
      requests: this.requests,
      errors: this.errors,
      clientErrors: this.clientErrors,
      latency: this.latency ? Object.fromEntries(this.latency) : {},
    };
  }
}
