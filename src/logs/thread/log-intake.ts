import type { Sighting, SightingName } from '../../stats/answers/sighting.ts';
import { type LineTotal, LineTotals } from '../counting/outcomes.ts';
import type { TakeLogs, TakenLogs } from '../counting/take-logs.ts';
import type { PageRead } from '../ways/way.ts';
import { type LogBatch, type LogRoutes, MOST_BATCH_BYTES } from './log-batch.ts';
import type { LogAnswer } from './log-thread.ts';
import type { LogJob } from './log-work.ts';
import { SenderShares } from './sender-shares.ts';
import { Turns } from './turns.ts';

/** What became of a batch. */
export type LogReceipt =
  | { readonly kind: 'read'; readonly totals: readonly LineTotal[]; readonly page?: PageRead }
  | { readonly kind: 'unreadable'; readonly reason: string }
  /** Nothing of it was looked at: it is to be sent once more after this. */
  | { readonly kind: 'busy'; readonly retryAfterMs: number };

/** Whatever brings lines in gives them to this. */
export interface LogSink {
  /** @param sender who is charged for it and has its turn: a token, a file, or whatever else lines come from */
  give(batch: LogBatch, sender: string): Promise<LogReceipt>;
  alive(route: string, version: string): void;
  /** Lines that were written since then, epoch ms, were left unread. */
  missed(route: string, from: number): void;
}

/** Batches of one sender that wait, in bytes after they are inflated: two of the largest. */
const MOST_OF_SENDER_BYTES = 2 * MOST_BATCH_BYTES;
/** All batches that wait, as they came, which is how they are held. */
const MOST_WAITING_BYTES = 32 * 1024 * 1024;
/** Deflate makes no more of a byte (RFC 1951: 258 bytes of a length and a distance that take two bits). */
const MOST_INFLATION = 1_032;
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

interface BatchSize {
  /** What it may have after it is inflated; nobody knows before. */
  readonly inflated: number;
  readonly held: number;
}

interface Waiting {
  readonly batch: LogBatch;
  readonly sender: string;
  readonly size: BatchSize;
  readonly answer: (receipt: LogReceipt) => void;
}

/**
 * Takes batches for the thread that reads them, as long as neither too many wait nor the reading takes more than its share of a core: a
 * sender that is turned away waits, and the gateway does not. The thread has one batch at a time, of each sender in turn, so that nothing
 * but that one is in the way of a look.
 */
export class LogIntake implements LogSink {
  private readonly parts: IntakeParts;
  private readonly sums = new LineTotals();
  private readonly shares: SenderShares;
  private readonly turns = new Turns<Waiting>();
  private readonly waitingOf = new Map<string, number>();
  private readonly cameAt = new Map<string, number>();
  private waitingBytes = 0;
  private refusals = 0;
  private isReading = false;

  constructor(parts: IntakeParts) {
    this.parts = parts;
    this.shares = new SenderShares(parts.now());
  }

  give(batch: LogBatch, sender: string): Promise<LogReceipt> {
    const waitMs = this.shares.waitMs(sender, this.parts.now());
    const size = sizeOf(batch);
    if (waitMs > 0 || this.isFullFor(sender, size)) return Promise.resolve(this.busy(waitMs));
    this.hold(sender, size, 1);
    return new Promise((answer) => {
      this.turns.add(sender, { batch, sender, size, answer });
      if (!this.isReading) void this.readAll();
    });
  }

  private async readAll(): Promise<void> {
    this.isReading = true;
    for (let next = this.turns.next(); next !== undefined; next = this.turns.next()) {
      const { batch, sender, size, answer } = next;
      const receipt = await this.read(batch, sender);
      this.hold(sender, size, -1);
      answer(receipt);
    }
    this.isReading = false;
  }

  private async read(batch: LogBatch, sender: string): Promise<LogReceipt> {
    const { ask, routes, now } = this.parts;
    const begun = now();
    // What was read since it came may have taken all that its sender has.
    const waitMs = this.shares.waitMs(sender, begun);
    if (waitMs > 0) return this.busy(waitMs);
    const done = await ask({ kind: 'batch', batch, routes });
    if (done.kind === 'unread') return this.busy(0);
    const isAnswer = done.kind === 'read' || done.kind === 'unreadable';
    this.shares.charge(sender, isAnswer ? done.tookMs : now() - begun, now());
    if (done.kind === 'unreadable') return { kind: 'unreadable', reason: done.reason };
    if (done.kind !== 'read') return { kind: 'unreadable', reason: 'reading it ended the thread that reads logs' };
    for (const total of done.totals) {
      this.sums.add(total);
      if (total.route !== '') this.cameAt.set(total.route, Date.now());
    }
    const { totals, page } = done;
    return { kind: 'read', totals, ...(page === undefined ? {} : { page }) };
  }

  private isFullFor(sender: string, { inflated, held }: BatchSize): boolean {
    const own = this.waitingOf.get(sender) ?? 0;
    if (own > 0 && own + inflated > MOST_OF_SENDER_BYTES) return true;
    return this.waitingBytes > 0 && this.waitingBytes + held > MOST_WAITING_BYTES;
  }

  /** @param sign 1 for one that waits from now on, -1 for one that no longer does */
  private hold(sender: string, { inflated, held }: BatchSize, sign: 1 | -1): void {
    const own = (this.waitingOf.get(sender) ?? 0) + sign * inflated;
    if (own > 0) this.waitingOf.set(sender, own);
    else this.waitingOf.delete(sender);
    this.waitingBytes += sign * held;
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

  /** When lines of each route came last, of whatever became of them, epoch ms. */
  lastCame(): ReadonlyMap<string, number> {
    return this.cameAt;
  }

  /** Batches that were turned away since the start. */
  refused(): number {
    return this.refusals;
  }

  private busy(waitMs: number): LogReceipt {
    this.refusals++;
    return { kind: 'busy', retryAfterMs: Math.max(waitMs, BUSY_AGAIN_MS) };
  }
}

/** To be asked before it is given away, which takes its bytes. */
function sizeOf({ bytes: { length }, coding }: LogBatch): BatchSize {
  const inflated = coding === 'identity' ? length : Math.min(MOST_BATCH_BYTES, length * MOST_INFLATION);
  return { inflated, held: length };
}
