import { type ForcedAnswers, GROUPS, type Tally } from '../../stats/block.ts';
import { bucketOf, HIGHEST_BUCKET, LOWEST_BUCKET } from '../../stats/latency/log-histogram.ts';
import { AnswerTally } from './reading/answer-tally.ts';
import type { Sliced, SliceOutcome, SliceTally } from './slice-tally.ts';
import type { OfUnit, UnitTally } from './unit-tally.ts';

/** The parts of a request that decide where it counts. */
export interface Counted extends Sliced, OfUnit {
  /** Shadow group of the stable's randomised traffic; null for everything else. */
  readonly group: number | null;
  /** Whether it went where an earlier request had gone: slices count draws only. */
  readonly isRepeat: boolean;
  /** Whether it is a 2xx answer without content. */
  readonly isEmpty: boolean;
  /** Whether the stable seldom answers so there: by unit these are counted with the 4xx. */
  readonly isUnusual: boolean;
}

/** Forced answers of one endpoint, by its hash, and one status. */
export type ForcedCount = Omit<ForcedAnswers, 'past' | 'requests'> & { readonly hash: number; requests: number };

/** One version's counters within one block, as they grow. */
export class LaneTally {
  requests = 0;
  errors = 0;
  clientErrors = 0;
  empty = 0;
  /** Requests that clients left while they waited for anything of the version, or that became overdue in this block. */
  unanswered = 0;
  /** For randomised traffic while versions are compared; otherwise null. */
  slices: SliceTally | null = null;
  /** For randomised traffic where sticky keys are drawn by unit; otherwise null. */
  units: UnitTally | null = null;
  /** Of forced requests to the canary, as `AnswerHistory` tells them apart; null before the first. */
  answers: Map<string, ForcedCount> | null = null;
  private carried: AnswerTally | null = null;
  /** By status, of what is neither an error, nor a 4xx, nor 2xx with content. */
  private statuses: Map<number, number> | null = null;
  private groups: { readonly requests: number[]; readonly errors: number[] } | null = null;
  /** By bucket, lowest first. */
  private latency: Uint32Array | null = null;

  /** A request has ended; `latencyMs` is null if its latency says nothing or is counted elsewhere. */
  count(ticket: Counted, outcome: SliceOutcome, latencyMs: number | null): void {
    this.requests++;
    if (outcome === 'error') this.errors++;
    else if (outcome === 'client-error') this.clientErrors++;
    else this.countKind(ticket);
    if (ticket.group !== null) this.addToGroup(ticket.group, outcome);
    if (latencyMs !== null) this.addLatency(latencyMs);
    if (!ticket.isRepeat) this.slices?.count(ticket, outcome, latencyMs);
    const isOdd = outcome === 'other' && ticket.isUnusual;
    this.units?.count(ticket, isOdd ? 'client-error' : outcome, latencyMs);
  }

  /** The latency so far of a request that has not been answered. */
  countOpen(ticket: Counted, ms: number): void {
    this.addLatency(ms);
    if (!ticket.isRepeat) this.slices?.addLatency(ticket, ms);
    this.units?.addLatency(ticket, ms);
  }

  get isEmpty(): boolean {
    return this.requests === 0 && this.unanswered === 0 && this.latency === null && this.carried === null;
  }

  /** What answers carry. */
  get found(): AnswerTally {
    this.carried ??= new AnswerTally();
    return this.carried;
  }

  addAnswer(key: string, of: Omit<ForcedCount, 'requests'>): void {
    this.answers ??= new Map();
    const known = this.answers.get(key);
    if (known === undefined) this.answers.set(key, { ...of, requests: 1 });
    else known.requests++;
  }

  read(): Tally {
    return {
      requests: this.requests,
      errors: this.errors,
      clientErrors: this.clientErrors,
      ...(this.empty > 0 ? { empty: this.empty } : {}),
      ...(this.statuses ? { statuses: Object.fromEntries(this.statuses) } : {}),
      latency: this.latency ? countsOf(this.latency) : {},
      ...(this.unanswered > 0 ? { unanswered: this.unanswered } : {}),
      ...(this.groups ? { groups: this.groups } : {}),
      ...this.carried?.read(),
    };
  }

  private countKind({ status, isEmpty }: Counted): void {
    if (isEmpty) this.empty++;
    else if (status >= 200 && status < 300) return;
    this.statuses ??= new Map();
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
  }

  private addLatency(ms: number): void {
    this.latency ??= new Uint32Array(HIGHEST_BUCKET - LOWEST_BUCKET + 1);
    const at = bucketOf(ms) - LOWEST_BUCKET;
    this.latency[at] = (this.latency[at] ?? 0) + 1;
  }

  private addToGroup(group: number, outcome: SliceOutcome): void {
    this.groups ??= { requests: noCounts(), errors: noCounts() };
    const { requests, errors } = this.groups;
    requests[group] = (requests[group] ?? 0) + 1;
    if (outcome === 'error') errors[group] = (errors[group] ?? 0) + 1;
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
