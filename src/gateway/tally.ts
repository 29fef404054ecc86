import { GROUPS, type Tally } from '../stats/block.ts';
import { bucketOf } from '../stats/log-histogram.ts';
import type { SliceTally } from './slice-tally.ts';

/** One version's counters within one block, while they grow. */
export class LaneTally {
  requests = 0;
  errors = 0;
  clientErrors = 0;
  /** Requests that became overdue in this block without the head of an answer. */
  unanswered = 0;
  /** Of the randomised traffic while versions are compared; null for all else. */
  slices: SliceTally | null = null;
  private groups: { readonly requests: number[]; readonly errors: number[] } | null = null;
  private latency: Map<number, number> | null = null;

  addLatency(ms: number): void {
    this.latency ??= new Map();
    const bucket = bucketOf(ms);
    this.latency.set(bucket, (this.latency.get(bucket) ?? 0) + 1);
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
      latency: this.latency ? Object.fromEntries(this.latency) : {},
      ...(this.unanswered > 0 ? { unanswered: this.unanswered } : {}),
      ...(this.groups ? { groups: this.groups } : {}),
    };
  }
}

function noCounts(): number[] {
  return Array.from({ length: GROUPS }, () => 0);
}
