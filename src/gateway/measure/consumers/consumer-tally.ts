import { type ConsumerCounts, LEDGER_GRID, ledgerBucketOf, type Who } from '../../../consumers/ledger/consumer-day.ts';
import type { Track } from '../../../split/order.ts';
import { highestBucket, lowestBucket } from '../../../stats/latency/latency-grid.ts';

const LOWEST = lowestBucket(LEDGER_GRID);
const BUCKETS = highestBucket(LEDGER_GRID) - LOWEST + 1;

/** How a request ended that is charged to the version. */
export type ChargedOutcome = 'error' | 'client-error' | 'other';

/** What one version answered to one consumer since the book was read. */
export class VersionCounts {
  readonly who: Who;
  readonly version: string;
  private requests = 0;
  private errors = 0;
  private clientErrors = 0;
  private latency: Uint32Array | null = null;
  /** Monotonic ms. */
  firstAt = Number.POSITIVE_INFINITY;
  lastAt = Number.NEGATIVE_INFINITY;

  constructor(who: Who, version: string) {
    this.who = who;
    this.version = version;
  }

  add(begunAt: number, outcome: ChargedOutcome, latencyMs: number | null): void {
    this.requests++;
    if (outcome === 'error') this.errors++;
    else if (outcome === 'client-error') this.clientErrors++;
    // Requests end in another order than they begin.
    if (begunAt < this.firstAt) this.firstAt = begunAt;
    if (begunAt > this.lastAt) this.lastAt = begunAt;
    if (latencyMs === null) return;
    this.latency ??= new Uint32Array(BUCKETS);
    const at = ledgerBucketOf(latencyMs) - LOWEST;
    this.latency[at] = (this.latency[at] ?? 0) + 1;
  }

  read(): ConsumerCounts {
    const latency: Record<number, number> = {};
    for (const [at, count] of this.latency?.entries() ?? []) if (count > 0) latency[LOWEST + at] = count;
    const { requests, errors, clientErrors } = this;
    return { requests, errors, clientErrors, latency };
  }
}

/** What a tally reads of a request that has ended. */
export interface CountedForConsumer {
  readonly track: Track;
  readonly totals: { readonly version: string };
  /** When it came, monotonic ms. */
  readonly begunAt: number;
  /** The answer's; 0 for none. */
  readonly status: number;
  /** Null if the latency comparison may not use it. */
  readonly latencyMs: number | null;
}

/** Where one request is counted. */
export interface RequestTally {
  count(request: CountedForConsumer, outcome: ChargedOutcome): void;
}

/** Where the requests of one consumer are counted: whoever looks the consumer up gets it, so that counting looks nothing up. */
export class ConsumerTally implements RequestTally {
  readonly who: Who;
  private readonly book: TallyBook;
  stable: VersionCounts | null = null;
  canary: VersionCounts | null = null;

  constructor(who: Who, book: TallyBook) {
    this.who = who;
    this.book = book;
  }

  count({ track, totals, begunAt, status, latencyMs }: CountedForConsumer, outcome: ChargedOutcome): void {
    const { version } = totals;
    if (begunAt >= this.book.dayEndsAt) this.book.turn();
    let counts = track === 'stable' ? this.stable : this.canary;
    if (counts === null || counts.version !== version) counts = this.book.open(this, track, version, status);
    counts.add(begunAt, outcome, outcome === 'other' ? latencyMs : null);
  }
}

/** Where a request is counted of which nobody knows yet whose it is: it may end before that. */
export class LateTally implements RequestTally {
  private to: ConsumerTally | null = null;
  private ended: { readonly request: CountedForConsumer; readonly outcome: ChargedOutcome } | null = null;

  count(request: CountedForConsumer, outcome: ChargedOutcome): void {
    if (this.to === null) this.ended = { request, outcome };
    else this.to.count(request, outcome);
  }

  settle(to: ConsumerTally): void {
    this.to = to;
    if (this.ended !== null) to.count(this.ended.request, this.ended.outcome);
    this.ended = null;
  }
}

/** What the tallies of a route are in. */
export interface TallyBook {
  /** Monotonic ms. */
  readonly dayEndsAt: number;
  /** Another day begins. */
  turn(): void;
  /** Where a tally counts from now on. */
  open(tally: ConsumerTally, track: Track, version: string, status: number): VersionCounts;
}
