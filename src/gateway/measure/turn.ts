/** How long one side was waited for, over several stretches. All times in monotonic ms. */
export class Turn {
  private ms = 0;
  private since: number | null = null;

  /** It is their turn, from now on or still. */
  begin(now: number): void {
    this.since ??= now;
  }

  end(now: number): void {
    if (this.since !== null) this.ms += now - this.since;
    this.since = null;
  }

  /** The stretch that is under way included. */
  totalMs(now: number): number {
    return this.since === null ? this.ms : this.ms + now - this.since;
  }
}
