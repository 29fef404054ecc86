/** Of all bodies that are being received; of one sender at most half. */
const MOST_BYTES = 16 * 1024 * 1024;

/** Room for bodies while they are received, whose senders may take their time. */
export class BodyRoom {
  private readonly takenBy = new Map<string, number>();
  private taken = 0;

  /** False where there is none. */
  take(sender: string, bytes: number): boolean {
    const own = this.takenBy.get(sender) ?? 0;
    if (own > 0 && own + bytes > MOST_BYTES / 2) return false;
    if (this.taken + bytes > MOST_BYTES) return false;
    this.add(sender, bytes);
    return true;
  }

  free(sender: string, bytes: number): void {
    this.add(sender, -bytes);
  }

  private add(sender: string, bytes: number): void {
    const own = (this.takenBy.get(sender) ?? 0) + bytes;
    this.taken += bytes;
    if (own > 0) this.takenBy.set(sender, own);
    else this.takenBy.delete(sender);
  }
}
