import type { Sighting, SightingName } from '../../stats/answers/sighting.ts';
import { type LineTotal, LineTotals } from '../counting/outcomes.ts';
import type { TakeLogs, TakenLogs } from '../counting/take-logs.ts';
import { type LogBatch, type LogRoutes, MOST_BATCH_BYTES } from './log-batch.ts';
import type { LogAnswer } from './log-thread.ts';
import type { LogJob } from './log-work.ts';

/** What became of a batch. */
export type LogReceipt =
  | { readonly kind: 'read'; readonly totals: readonly LineTotal[] }
  | { readonly kind: 'unreadable'; readonly reason: string }
  /** Nothing of it was looked at: it is to be sent once more after this. */
  | { readonly kind: 'busy'; readonly retryAfterMs: number };

/** Whatever brings lines in gives them to this. */
export interface LogSink {
  give(batch: LogBatch): Promise<LogReceipt>;
  alive(route: string, version: string): void;
  /** Lines that were written since then, epoch ms, were left unread. */
  missed(route: string, from: number): void;
}

/** Batches that wait, in bytes after they are inflated: two of the largest, which take less time than a look waits. */
const MOST_WAITING_BYTES = 2 * MOST_BATCH_BYTES;
/** Deflate makes no more of a byte (RFC 1951: 258 bytes of a length and a distance that take two bits). */
const MOST_INFLATION = 1_032;
/** The share of a core that reading lines may take in the long run, and how much at once. */
const SHARE = 0.25;
const BURST_MS = 2_000;
const BUSY_AGAIN_MS = 1_000;
/** A look waits no longer for lines: the looks of all routes come one after another. */
const MOST_TAKE_MS = 2_000;
const MOST_SIGHTINGS_MS = 1_000;

export interface IntakeParts {
  readonly ask: (job: LogJob) => Promise<LogAnswer>;
  readonly routes: LogRoutes;
  /** A monotonic clock, in ms. */
  readonly now: () => number;
}

/**
 * Takes batches for the thread that reads them, as long as neither too many wait nor the reading takes more than its share of a core: a
 * sender that is turned away waits, and the gateway does not.
 */
export class LogIntake implements LogSink {
  private readonly parts: IntakeParts;
  private readonly sums = new LineTotals();
  private waitingBytes = 0;
  private refusals = 0;
  /** What reading may still take now, in ms. */
  private allowedMs = BURST_MS;
  private allowedAt: number;

  constructor(parts: IntakeParts) {
    this.parts = parts;
    this.allowedAt = parts.now();
  }

  async give(batch: LogBatch): Promise<LogReceipt> {
    const { ask, routes } = this.parts;
    const length = mostBytesOf(batch);
    const waitMs = this.waitMs();
    const isFull = this.waitingBytes > 0 && this.waitingBytes + length > MOST_WAITING_BYTES;
    if (waitMs > 0 || isFull) return this.busy(waitMs);
    this.waitingBytes += length;
    const done = await ask({ kind: 'batch', batch, routes });
    this.waitingBytes -= length;
    if (done.kind === 'unreadable') {
      this.allowedMs -= done.tookMs;
      return { kind: 'unreadable', reason: done.reason };
    }
    if (done.kind === 'unread') return this.busy(0);
    if (done.kind !== 'read') return { kind: 'unreadable', reason: 'reading it ended the thread that reads logs' };
    this.allowedMs -= done.tookMs;
    for (const total of done.totals) this.sums.add(total);
    return { kind: 'read', totals: done.totals };
  }

  alive(route: string, version: string): void {
    void this.parts.ask({ kind: 'alive', route, version });
  }

  missed(route: string, from: number): void {
    void this.parts.ask({ kind: 'missed', route, from });
  }

  /**
   * Null where the lines do not come in time, or `signal` aborts before. What is given later is given to nobody, so no cursor says that it
   * was taken, and the next look gets it.
   */
  async take(take: TakeLogs, signal: AbortSignal): Promise<TakenLogs | null> {
    if (signal.aborted) return null;
    const done = await this.soon({ kind: 'take', take }, MOST_TAKE_MS, signal);
    return done?.kind === 'taken' ? done.taken : null;
  }

  /** Of none where the answer does not come in time: a look does without. */
  async sightings(route: string, names: readonly SightingName[]): Promise<ReadonlyMap<SightingName, Sighting>> {
    const done = await this.soon({ kind: 'sightings', route, names }, MOST_SIGHTINGS_MS);
    return done?.kind === 'sighted' ? done.sightings : new Map();
  }

  private async soon(job: LogJob, mostMs: number, signal?: AbortSignal): Promise<LogAnswer | null> {
    const gaveUp = Promise.withResolvers<null>();
    const giveUp = () => gaveUp.resolve(null);
    const timer = setTimeout(giveUp, mostMs).unref();
    signal?.addEventListener('abort', giveUp, { once: true });
    try {
      return await Promise.race([this.parts.ask(job), gaveUp.promise]);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
    }
  }

  /** What became of all lines since the start. */
  totals(): readonly LineTotal[] {
    return this.sums.all();
  }

  /** Batches that were turned away since the start. */
  refused(): number {
    return this.refusals;
  }

  private busy(waitMs: number): LogReceipt {
    this.refusals++;
    return { kind: 'busy', retryAfterMs: Math.max(waitMs, BUSY_AGAIN_MS) };
  }

  /** How long until there is something left of the share. */
  private waitMs(): number {
    const now = this.parts.now();
    this.allowedMs = Math.min(BURST_MS, this.allowedMs + (now - this.allowedAt) * SHARE);
    this.allowedAt = now;
    return this.allowedMs > 0 ? 0 : Math.ceil(-this.allowedMs / SHARE);
  }
}

/** What a batch may have after it is inflated; nobody knows before. */
function mostBytesOf({ bytes: { length }, coding }: LogBatch): number {
  return coding === 'identity' ? length : Math.min(MOST_BATCH_BYTES, length * MOST_INFLATION);
}
