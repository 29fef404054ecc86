import type { SplitOrder, Track } from '../../split/order.ts';

const WATCHED = 50;
/** At least 90 % of the stable's last 50 must have succeeded. */
const HEALTHY = 45;

/**
 * Counts the canary's failures in a row. It trips only while the stable is known to be healthy: when both fail at once, a
 * shared dependency has failed, and with fewer than 50 answers nothing is known about the stable.
 */
export class Brake {
  private limit: number | null = null;
  private inARow = 0;
  private stable: string | null = null;
  /** The stable's last outcomes, 1 for a success, as a ring. */
  private readonly seen = new Uint8Array(WATCHED);
  private next = 0;
  private healthy = 0;

  follow({ brakeAfter, canary, stable }: SplitOrder): void {
    this.limit = canary === null ? null : brakeAfter;
    this.inARow = 0;
    if (stable.url === this.stable) return;
    this.stable = stable.url;
    this.seen.fill(0);
    this.healthy = 0;
  }

  /** Records one outcome; returns the reason when it trips the brake, otherwise null. Trips once per order. */
  observe(track: Track, outcome: 'success' | 'failure'): string | null {
    if (track === 'stable') {
      this.observeStable(outcome === 'success' ? 1 : 0);
      return null;
    }
    if (outcome === 'success') {
      this.inARow = 0;
      return null;
    }
    this.inARow++;
    if (this.limit === null || this.inARow < this.limit || this.healthy < HEALTHY) return null;
    const reason = `${this.inARow} requests in a row failed on the canary, while ${this.healthy} of the stable's last ${WATCHED} succeeded`;
    this.limit = null;
    return reason;
  }

  private observeStable(success: 0 | 1): void {
    this.healthy += success - (this.seen[this.next] ?? 0);
    this.seen[this.next] = success;
    this.next = (this.next + 1) % WATCHED;
  }
}
