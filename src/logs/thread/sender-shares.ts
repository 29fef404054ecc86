/** The share of a core that reading lines may take in the long run, and how much at once. */
const SHARE = 0.25;
const BURST_MS = 2_000;
/** Who sent nothing for this long leaves its part to the others. */
const GONE_MS = 60_000;

interface Account {
  /** What reading may still take, in ms of a core; below 0 where more was taken. */
  allowedMs: number;
  readonly cameAt: number;
}

/**
 * What the reading of lines may take: one account for all, and one for each who sends, which is refilled by an equal part. Who took too
 * much waits while all together did, and nobody else waits for it.
 */
export class SenderShares {
  private readonly senders = new Map<string, Account>();
  private allMs = BURST_MS;
  private at: number;

  /** @param now a monotonic clock, in ms, as of every call */
  constructor(now: number) {
    this.at = now;
  }

  /** How long a sender has to wait until it may have something read; 0 for not at all. */
  waitMs(sender: string, now: number): number {
    this.refill(now);
    const { allowedMs } = this.accountOf(sender, now);
    if (this.allMs > 0 || allowedMs > 0) return 0;
    return Math.ceil(Math.min(-this.allMs, -allowedMs * this.senders.size) / SHARE);
  }

  charge(sender: string, tookMs: number, now: number): void {
    this.refill(now);
    this.allMs -= tookMs;
    this.accountOf(sender, now).allowedMs -= tookMs;
  }

  private accountOf(sender: string, now: number): Account {
    const account = { allowedMs: this.senders.get(sender)?.allowedMs ?? BURST_MS, cameAt: now };
    this.senders.set(sender, account);
    return account;
  }

  private refill(now: number): void {
    const grown = (now - this.at) * SHARE;
    if (grown === 0) return;
    this.at = now;
    this.allMs = Math.min(BURST_MS, this.allMs + grown);
    const each = grown / Math.max(1, this.senders.size);
    for (const [sender, account] of this.senders) {
      account.allowedMs = Math.min(BURST_MS, account.allowedMs + each);
      // One that comes again finds the same.
      if (account.allowedMs >= BURST_MS && now - account.cameAt > GONE_MS) this.senders.delete(sender);
    }
  }
}
