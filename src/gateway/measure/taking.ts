import type { Share } from '../http/share.ts';
import { Turn } from './turn.ts';

/** While an answer is held back because its client does not take it: it counts in the share of whoever asked. */
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
