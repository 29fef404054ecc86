/** The database's clock while it cannot be asked: as it was, and the time that has passed since. */
export class DatabaseTime {
  private readonly monotonic: () => number;
  private heardAt: { readonly at: number; readonly ms: number } | null = null;

  constructor(monotonic: () => number) {
    this.monotonic = monotonic;
  }

  heard(at: number): number {
    this.heardAt = { at, ms: this.monotonic() };
    return at;
  }

  /** How far the database's clock is from the monotonic one; it changes only when a clock is set. */
  offsetMs(): number {
    return this.heardAt === null ? 0 : this.heardAt.at - this.heardAt.ms;
  }

  estimate(): number {
    if (this.heardAt === null) return Date.now();
    return Math.round(this.heardAt.at + this.monotonic() - this.heardAt.ms);
  }
}
