import type { Share } from '../http/share.ts';

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
