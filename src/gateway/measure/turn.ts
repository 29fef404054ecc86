import type { Share } from '../http/share.ts';

/**
 * Whom a client left. `versions`: nothing of an answer had gone out to it, and it waited for the version. `clients`: it owed the
 * rest of its request, or had seen no more than an interim answer. `rest`: the answer had begun, and the version owed more of it.
 * `answered`: the same, and the version had sent all that the client took, or it is a stream.
 */
export type Leaving = 'versions' | 'clients' | 'rest' | 'answered';

/** A rest that has been owed for so long may never have come: what is not there is no success. */
export const LONG_OWED_MS = 1_000;

const OVERDUE_FACTOR = 10;
export const SHORTEST_OVERDUE_MS = 1_000;
export const LONGEST_OVERDUE_MS = 30_000;

/**
 * An unanswered request is overdue at ten times the age at which it counts as slow: for most services that is about ten
 * times the p99.9 (docs/statistics.md section 3.10). Whatever the age, it is the same for both versions.
 */
export function overdueAfter(slowAfterMs: number): number {
  return Math.min(LONGEST_OVERDUE_MS, Math.max(SHORTEST_OVERDUE_MS, OVERDUE_FACTOR * slowAfterMs));
}

/** How long we waited for one side, over several stretches. All times in monotonic ms. */
export class Turn {
  private ms = 0;
  private since: number | null = null;

  /** Their turn begins or continues. */
  begin(now: number): void {
    this.since ??= now;
  }

  end(now: number): void {
    if (this.since !== null) this.ms += now - this.since;
    this.since = null;
  }

  /** Including the current stretch. */
  totalMs(now: number): number {
    return this.since === null ? this.ms : this.ms + now - this.since;
  }
}

/** While an answer is held back because its client does not take it, it counts in the share of the client's address. */
export class AnswerTaking extends Turn {
  private readonly share: Share | null;
  private isHeldBack = false;

  constructor(share: Share | null) {
    super();
    this.share = share;
  }

  override begin(now: number): void {
    super.begin(now);
    if (this.isHeldBack) return;
    this.share?.heldBackBegan();
    this.isHeldBack = true;
  }

  override end(now: number): void {
    super.end(now);
    if (!this.isHeldBack) return;
    this.isHeldBack = false;
    this.share?.heldBackEnded();
  }
}
