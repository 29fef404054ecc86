import type { Findings } from './reader.ts';

/** What is timed of a stream, as `OwnValue`. */
export const STREAM_VALUES = ['first-event', 'gap', 'event-rate'] as const;
export type StreamValue = (typeof STREAM_VALUES)[number];

/** Beyond this a stream is not timed: one that never ends counts all the same. From its first event, in ms. */
export const WATCHED_MS = 60_000;
/** A clock says nothing of a shorter time between the first event and the last. */
const SHORTEST_SPAN_MS = 1;

/**
 * When the events of one stream came, in ms since its request, without the time that its client took. Each of the three is told
 * once (docs/semantics.md, "Event streams"):
 *
 * - `first-event` when it comes;
 * - `gap`, the longest silence, and `event-rate` when the stream ends, or is watched no longer;
 * - a silence that is owed for `slowMs` at once, at its length so far: it is above every threshold, whatever comes.
 */
export class EventTimes {
  private readonly wanted: readonly StreamValue[];
  private readonly findings: Findings;
  private events = 0;
  private firstMs = 0;
  private lastMs = 0;
  private longestMs = 0;
  private isBegun = false;
  private isGapTold = false;
  private isRateTold = false;

  constructor(wanted: readonly StreamValue[], findings: Findings) {
    this.wanted = wanted;
    this.findings = findings;
  }

  /** Whether nothing that comes would be told. */
  get isOver(): boolean {
    return this.isBegun && this.isGapTold && this.isRateTold;
  }

  event(ms: number): void {
    if (this.events > 0) this.watch(ms);
    if (this.isOver) return;
    if (this.events === 0) {
      this.firstMs = ms;
      this.tellBegin(ms);
    } else this.longestMs = Math.max(this.longestMs, ms - this.lastMs);
    this.lastMs = ms;
    this.events += 1;
  }

  /** While the stream goes on, or when its client leaves it. */
  look(ms: number, slowMs: number): void {
    if (this.events > 0) this.watch(ms);
    const owedMs = ms - this.lastMs;
    if (this.events === 0) {
      if (owedMs >= slowMs) this.tellBegin(owedMs);
    } else if (Math.max(owedMs, this.longestMs) >= slowMs) this.tellGap(Math.max(owedMs, this.longestMs));
  }

  /** The stream is complete. */
  end(): void {
    if (this.events === 0) this.tellBegin('missing');
    if (this.events > 1) this.tellGap(this.longestMs);
    this.tellRate();
    this.isBegun = true;
    this.isGapTold = true;
  }

  private watch(ms: number): void {
    const untilMs = this.firstMs + WATCHED_MS;
    if (ms < untilMs) return;
    this.tellGap(Math.max(this.longestMs, untilMs - this.lastMs));
    this.tellRate();
  }

  private tellBegin(ms: number | 'missing'): void {
    if (!this.isBegun) this.tell('first-event', ms);
    this.isBegun = true;
  }

  private tellGap(ms: number): void {
    if (!this.isGapTold) this.tell('gap', ms);
    this.isGapTold = true;
  }

  private tellRate(): void {
    if (!this.isRateTold && this.events > 1) {
      const spanMs = Math.max(SHORTEST_SPAN_MS, this.lastMs - this.firstMs);
      this.tell('event-rate', ((this.events - 1) * 1_000) / spanMs);
    }
    this.isRateTold = true;
  }
  private tell(name: StreamValue, value: number | 'missing'): void {
    if (this.wanted.includes(name)) this.findings.value(name, value);
  }
}
