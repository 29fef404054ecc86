import { GROUPS, type Tally } from '../../stats/block.ts';
import { bucketOf, HIGHEST_BUCKET, LOWEST_BUCKET } from '../../stats/latency/log-histogram.ts';
import type { SliceTally } from './slice-tally.ts';

/** One version's counters within one block, as they grow. */
export class LaneTally {
  requests = 0;
  errors = 0;
  clientErrors = 0;
  /** Requests that became overdue in this block before the head of an answer came. */
  unanswered = 0;
  /** For randomised traffic while versions are compared; otherwise null. */
  slices: SliceTally | null = null;
  private groups: { readonly requests: number[]; readonly errors: number[] } | null = null;
  /** By bucket, lowest first. */
  private latency: Uint32Array | null = null;

  addLatency(ms: number): void {
    this.latency ??= new Uint32Array(HIGHEST_BUCKET - LOWEST_BUCKET + 1);
    const at = bucketOf(ms) - LOWEST_BUCKET;
    this.latency[at] = (this.latency[at] ?? 0) + 1;
  }

  addToGroup(group: number, outcome: 'error' | 'other'): void {
    this.groups ??= { requests: noCounts(), errors: noCounts() };
    const { requests, errors } = this.groups;
    requests[group] = (requests[group] ?? 0) + 1;
    if (outcome === 'error') errors[group] = (errors[group] ?? 0) + 1;
  }

  get isEmpty(): boolean {
    return this.requests === 0 && this.unanswered === 0 && this.latency === null;
  }

  read(): Tally {
    return {
      requests: this.requests,
      errors: this.errors,
      clientErrors: this.clientErrors,
      latency: this.latency ? countsOf(this.latency) : {},
      ...(this.unanswered > 0 ? { unanswered: this.unanswered } : {}),
      ...(this.groups ? { groups: this.groups } : {}),
    };
  }
}

function countsOf(latency: Uint32Array): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const [at, count] of latency.entries()) if (count > 0) counts[LOWEST_BUCKET + at] = count;
  return counts;
}

function noCounts(): number[] {
  return Array.from({ length: GROUPS }, () => 0);
}
