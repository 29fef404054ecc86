import type { UploadPace } from '../http/timeouts.ts';
import { Turn } from '../measure/turn.ts';

/**
 * Measures how fast a request body arrives, counting only the client's turn, not the time the upstream takes. A client
 * may be silent for a while, but must keep up a minimum rate overall: it has a credit of time, which waiting
 * spends and bytes earn. So a pause after a burst is allowed, and a dribble is not, however it is spaced.
 */
export class PaceMeter {
  private readonly uploadMs: number;
  private readonly graceMs: number;
  /** The time a byte earns; null if any rate will do. */
  private readonly msPerByte: number | null;
  private readonly turn = new Turn();
  private creditMs: number;
  /** Monotonic ms since which nothing has come, while it is the client's turn. */
  private since: number | null = null;

  constructor({ uploadMs, uploadBytesPerSecond, uploadGraceMs }: UploadPace) {
    this.uploadMs = uploadMs;
    this.graceMs = uploadGraceMs;
    this.msPerByte = uploadBytesPerSecond === 0 ? null : 1_000 / uploadBytesPerSecond;
    this.creditMs = uploadGraceMs;
  }

  /** It is the client's turn; `now`: monotonic ms. */
  await(now: number): void {
    this.turn.begin(now);
    this.since = now;
  }

  /** Some bytes came, and it is still the client's turn. */
  took(bytes: number, now: number): void {
    this.spend(now);
    if (this.msPerByte !== null) this.creditMs = Math.min(this.graceMs, this.creditMs + bytes * this.msPerByte);
    this.await(now);
  }

  /** It is not the client's turn. */
  hold(now: number): void {
    this.spend(now);
    this.turn.end(now);
    this.since = null;
  }

  /** Whether the client was silent for too long, or is too slow overall. */
  isLate(now: number): boolean {
    if (this.since === null) return false;
    const silentMs = now - this.since;
    return silentMs >= this.uploadMs || (this.msPerByte !== null && silentMs >= this.creditMs);
  }

  /** How long we have waited for the client. */
  waitedMs(now: number): number {
    return this.turn.totalMs(now);
  }

  private spend(now: number): void {
    if (this.since !== null) this.creditMs -= now - this.since;
  }
}
