import type { MirrorRule, MirrorSkip } from '../gateway.ts';

/** Failures of the canary in a row, of mirrored or of other requests. */
const FAILURES = 5;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 300_000;
/** Requests per second after a pause, and how many more after each that went well. */
const FIRST_PACE = 1;
/** Of requests, for each one that may be sent: not all have a body that can be sent again, or come to their end. */
const DRAWN_FOR_ONE = 4;

/**
 * How much a route mirrors at most. A canary that fails gets nothing for a while, then one request per second, and with each one that
 * it answers one more: mirroring costs it nothing that its own requests need.
 */
export class Restraint {
  private readonly rule: Pick<MirrorRule, 'perSecond' | 'concurrency'>;
  private readonly now: () => number;
  private open = 0;
  /** Requests that may begin now. */
  private tokens = 1;
  /** Requests that may be copied now. */
  private drawn = DRAWN_FOR_ONE;
  private filledAt: number;
  private pace: number;
  private pausedUntil = Number.NEGATIVE_INFINITY;
  private pauseMs = FIRST_PAUSE_MS;
  private mirroredInARow = 0;
  private ownInARow = 0;

  /** @param now monotonic ms */
  constructor(rule: Pick<MirrorRule, 'perSecond' | 'concurrency'>, now: () => number) {
    this.rule = rule;
    this.now = now;
    this.pace = rule.perSecond;
    this.filledAt = now();
  }

  /**
   * Whether it is worth while to copy a request and its answer, which `enter` may refuse to send; otherwise says why not. It takes no
   * place, and few more are copied than may be sent.
   */
  draw(): MirrorSkip | null {
    const refused = this.refusal();
    if (refused !== null) return refused;
    if (this.drawn < 1) return 'per-second';
    this.drawn--;
    return null;
  }

  /** Takes a place, to be given back by `left`; otherwise says why there is none. */
  enter(): MirrorSkip | null {
    const refused = this.refusal();
    if (refused !== null) return refused;
    if (this.tokens < 1) return 'per-second';
    this.tokens--;
    this.open++;
    return null;
  }

  left(): void {
    this.open--;
  }

  /** The canary answered a mirrored request, or did not. */
  mirrored(outcome: 'success' | 'failure'): void {
    if (outcome === 'failure') {
      if (++this.mirroredInARow >= FAILURES) this.pause();
      return;
    }
    this.mirroredInARow = 0;
    if (this.pace === this.rule.perSecond) this.pauseMs = FIRST_PAUSE_MS;
    else this.pace = Math.min(this.rule.perSecond, this.pace + 1);
  }

  /** The same of a request that a client sent. */
  own(outcome: 'success' | 'failure'): void {
    if (outcome === 'success') this.ownInARow = 0;
    else if (++this.ownInARow >= FAILURES) this.pause();
  }

  private pause(): void {
    const now = this.now();
    this.mirroredInARow = 0;
    this.ownInARow = 0;
    this.pace = FIRST_PACE;
    this.tokens = 0;
    this.drawn = 0;
    // What was under way when it began ends within it.
    if (now < this.pausedUntil) return;
    this.pausedUntil = now + this.pauseMs;
    this.filledAt = this.pausedUntil;
    this.pauseMs = Math.min(2 * this.pauseMs, LONGEST_PAUSE_MS);
  }

  private refusal(): MirrorSkip | null {
    const now = this.now();
    if (now < this.pausedUntil) return 'canary-suffers';
    this.fill(now);
    return this.open >= this.rule.concurrency ? 'concurrency' : null;
  }

  private fill(now: number): void {
    const more = ((now - this.filledAt) / 1_000) * this.pace;
    this.tokens = Math.min(this.pace, this.tokens + more);
    this.drawn = Math.min(DRAWN_FOR_ONE * this.pace, this.drawn + DRAWN_FOR_ONE * more);
    this.filledAt = now;
  }
}
