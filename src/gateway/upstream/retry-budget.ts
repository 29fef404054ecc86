const WINDOW_MS = 10_000;
const SHARE = 0.1;
/** Without a floor, a quiet route could never afford the one retry it needs. */
const FLOOR = 10;

/** How many second attempts are allowed: 10 % of the requests in a window of 10 s, or 10 if that is more. */
export class RetryBudget {
  private from = Number.NEGATIVE_INFINITY;
  private requests = 0;
  private retries = 0;

  /** A request begins, at a monotonic time in ms. */
  earn(now: number): void {
    if (now - this.from >= WINDOW_MS) this.roll(now);
    this.requests++;
  }

  /** Takes one retry out of the budget; false when there is none left. */
  spend(now: number): boolean {
    if (now - this.from >= WINDOW_MS) this.roll(now);
    if (this.retries >= Math.max(FLOOR, SHARE * this.requests)) return false;
    this.retries++;
    return true;
  }

  private roll(now: number): void {
    this.from = now;
    this.requests = 0;
    this.retries = 0;
  }
}
