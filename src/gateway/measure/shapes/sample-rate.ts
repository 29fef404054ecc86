/** Of a route: more tell hardly more, and each takes as long as a request. */
const MOST_A_SECOND = 200;
const SECOND_MS = 1_000;
/** The clock is looked at once in so many answers. */
const BETWEEN_LOOKS = 32;

/** The share of the answers of a route that is read: what is asked for, or less where that would be too many. Alike for both versions. */
export class SampleRate {
  private readonly asked: number;
  private share: number;
  private since = 0;
  private answers = 0;
  private readonly now: () => number;

  /** @param now monotonic ms */
  constructor(asked: number, now: () => number) {
    this.asked = asked;
    this.share = asked;
    this.now = now;
  }

  /** Of the next answer. */
  next(): number {
    if (this.answers % BETWEEN_LOOKS === 0) this.look(this.now());
    this.answers += 1;
    return this.share;
  }

  private look(now: number): void {
    const ms = now - this.since;
    if (ms >= SECOND_MS) {
      const perSecond = (this.answers / ms) * SECOND_MS;
      this.share = Math.min(this.asked, MOST_A_SECOND / Math.max(1, perSecond));
      this.since = now;
      this.answers = 0;
    }
  }
}
