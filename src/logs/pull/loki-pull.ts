import type { LogFetch } from '../../stats/logs/log-counts.ts';
import type { LogBatch } from '../thread/log-batch.ts';
import type { LogSink } from '../thread/log-intake.ts';
import type { PageRead, PageTerms } from '../ways/way.ts';
import type { LogPull } from './log-pull.ts';
import type { LokiClient } from './loki-client.ts';

export interface LokiTerms {
  readonly route: string;
  readonly query: string;
  /** Null for the usual names. */
  readonly versionLabel: string | null;
  readonly everyMs: number;
  /** Lines younger than this are not asked for yet: some are still on their way. */
  readonly settleMs: number;
  /** Lines of one answer. */
  readonly limit: number;
}

export interface LokiPullOptions extends LokiTerms {
  readonly client: LokiClient;
  readonly sink: LogSink;
  /** Whether a rollout of the route is judged by logs now. */
  readonly isWatched: () => boolean;
  /** Once for each reason in a row. Must not throw. */
  readonly onFailure: (reason: string) => void;
  /** It is over, and the lines of so long a time were not read. Must not throw. */
  readonly onSkipped: (ms: number) => void;
  readonly clock?: LokiClock;
}

export interface LokiClock {
  /** Epoch ms. */
  wall(): number;
  /** Of a monotonic clock, in ms. */
  steady(): number;
}

/** Why nothing could be fetched, in one clause that begins with Loki. */
interface Failure {
  readonly reason: string;
}

/** Of one poll. */
const MOST_PAGES = 10;
const MOST_POLL_MS = 10_000;
/** Older lines would be `late`: what was served then is judged already. */
const MOST_BEHIND_MS = 60_000;
/** The first lines of a rollout are older than its first look. */
const FIRST_MS = 30_000;
/** While no rollout is judged by logs it is asked so often whether it answers, for a single line. */
const IDLE_MS = 60_000;
const MOST_PAUSE_MS = 60_000;
/** A failure that is over sooner costs nothing: what it kept is asked for again. */
const PATIENCE_MS = 15_000;
const NS = 1_000_000n;

/**
 * Asks one Loki for the lines of one route, again and again: each time for what is between the end of the last time and a little before
 * now. While it fails for long, or has more lines than are read, it says so, and begins anew after that: part of the lines says
 * nothing about a version.
 */
export class LokiPull implements LogPull {
  readonly route: string;
  private readonly options: LokiPullOptions;
  private readonly clock: LokiClock;
  /** Where the next question begins, in ns; null to begin anew. */
  private from: bigint | null = null;
  /** By the monotonic clock, as is `goodAt`. */
  private dueAt = Number.NEGATIVE_INFINITY;
  private wasWatched = false;
  private failures = 0;
  /** When it answered last; null before it ever did. */
  private goodAt: number | null = null;
  private fault: string | null = null;
  /** Whether lines that are not read yet are given up. */
  private isLost = false;
  private skippedMs = 0;
  /** Of one answer: less for a while where answers were too large. */
  private limit: number;

  constructor(options: LokiPullOptions) {
    this.options = options;
    this.route = options.route;
    this.limit = options.limit;
    this.clock = options.clock ?? { wall: () => Date.now(), steady: () => performance.now() };
  }

  fetched(): LogFetch {
    return { from: 'Loki', fault: this.fault };
  }

  async look(signal: AbortSignal): Promise<void> {
    const isWatched = this.options.isWatched();
    // The pause of the idle questions is too long for a rollout that has begun; one after a failure is kept.
    const begins = isWatched && !this.wasWatched && this.failures === 0;
    if (this.clock.steady() < this.dueAt && !begins) return;
    this.wasWatched = isWatched;
    if (isWatched) await this.poll(signal);
    else await this.knock(signal);
  }

  async close(): Promise<void> {}

  /** Whether it answers, and has a line: nobody compares that one. */
  private async knock(signal: AbortSignal): Promise<void> {
    const { client, query } = this.options;
    const now = this.clock.wall();
    // Lines of the last minute are read once more for a rollout that begins: those before `from` are among them.
    if (this.from !== null && BigInt(now - MOST_BEHIND_MS) * NS > this.from) this.from = null;
    const span = { from: BigInt(now - IDLE_MS) * NS, to: BigInt(now) * NS };
    const answer = await client.ask({ query, ...span, limit: 1, first: 'newest' }, signal);
    if (signal.aborted) return;
    const read = answer.ok ? await this.read(answer.body, { limit: 1, isSample: true }) : answer;
    if (read !== 'busy' && 'reason' in read) this.fail(read.reason);
    else this.succeed(null, IDLE_MS);
  }

  private async poll(signal: AbortSignal): Promise<void> {
    const { settleMs, everyMs } = this.options;
    const to = BigInt(this.clock.wall() - settleMs) * NS;
    const begun = this.clock.steady();
    let crowded: string | null = null;
    let from = this.begin(to);
    for (let pages = 0; from < to; pages++) {
      this.from = from;
      if (pages >= MOST_PAGES || this.clock.steady() - begun > MOST_POLL_MS) {
        this.fallBehind(to - from);
        return;
      }
      const read = await this.page(from, to, signal);
      if (signal.aborted) return;
      if (read === 'smaller') continue;
      if (read === 'busy') {
        this.fallBehind(to - from);
        return;
      }
      if ('reason' in read) {
        this.fail(read.reason);
        return;
      }
      if (read.isCrowded)
        crowded = `Loki has ${this.limit} lines or more of one instant, of which the rest is never read`;
      from = read.next === null ? to : BigInt(read.next);
    }
    this.from = from;
    this.limit = Math.min(this.options.limit, this.limit * 2);
    this.succeed(crowded, everyMs);
  }

  /** Goes on where the last poll ended; after what was given up, and what is too long ago, it begins with what comes now. */
  private begin(to: bigint): bigint {
    const { from } = this;
    if (from === null) return to - BigInt(FIRST_MS) * NS;
    // The clock was set back: a moment of what was asked for already shows whether it answers.
    if (from >= to) return to - 1n;
    if (!this.isLost && to - from <= BigInt(MOST_BEHIND_MS) * NS) return from;
    const latest = to - BigInt(this.options.everyMs) * NS;
    if (from >= latest) return from;
    this.skippedMs += Number((latest - from) / NS);
    this.options.sink.missed(this.route, Number(from / NS));
    return latest;
  }

  /** `smaller`: the answer was too large, and less is to be asked for. */
  private async page(from: bigint, to: bigint, signal: AbortSignal): Promise<PageRead | 'smaller' | 'busy' | Failure> {
    const { client, query } = this.options;
    const answer = await client.ask({ query, from, to, limit: this.limit, first: 'oldest' }, signal);
    if (answer.ok) return this.read(answer.body, { limit: this.limit });
    if (!answer.isTooLarge || this.limit === 1) return answer;
    this.limit = Math.ceil(this.limit / 4);
    return 'smaller';
  }

  /** Gives an answer to who counts lines. `busy`: nothing of it was looked at. */
  private async read(body: string, terms: Omit<PageTerms, 'versionLabel'>): Promise<PageRead | 'busy' | Failure> {
    const { sink, route, versionLabel } = this.options;
    const bytes = new Uint8Array(Buffer.byteLength(body));
    new TextEncoder().encodeInto(body, bytes);
    const page = { ...terms, versionLabel };
    const batch: LogBatch = { way: 'loki', coding: 'identity', bytes, route, version: null, page };
    const receipt = await sink.give(batch, `Loki of ${route}`);
    if (receipt.kind === 'busy') return 'busy';
    if (receipt.kind === 'unreadable') return { reason: `Loki gave an answer that cannot be read: ${receipt.reason}` };
    return receipt.page ?? { lines: 0, next: null, isCrowded: false };
  }

  /** There is more than one poll reads: it goes on at once, and says so where it does not catch up. */
  private fallBehind(by: bigint): void {
    this.dueAt = Number.NEGATIVE_INFINITY;
    this.failures = 0;
    this.goodAt = this.clock.steady();
    if (!this.isLost && by <= BigInt(MOST_BEHIND_MS / 2) * NS) return;
    this.isLost = true;
    this.say('Loki has more lines than Serin reads: let logs.loki.query select fewer');
  }

  private succeed(complaint: string | null, dueInMs: number): void {
    this.failures = 0;
    this.goodAt = this.clock.steady();
    this.dueAt = this.goodAt + dueInMs;
    this.isLost = false;
    if (this.skippedMs > 0) this.options.onSkipped(this.skippedMs);
    this.skippedMs = 0;
    if (complaint === null) this.fault = null;
    else this.say(complaint);
  }

  private fail(reason: string): void {
    const now = this.clock.steady();
    const { everyMs } = this.options;
    this.dueAt = now + Math.min(MOST_PAUSE_MS, everyMs * 2 ** Math.min(this.failures, 10));
    this.failures++;
    if (this.fault === null && this.goodAt !== null && now - this.goodAt <= PATIENCE_MS + everyMs) return;
    this.isLost = true;
    this.say(reason);
  }

  private say(reason: string): void {
    if (reason !== this.fault) this.options.onFailure(reason);
    this.fault = reason;
  }
}
