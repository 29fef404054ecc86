/** Each is a connection of the control port and of the process; other requests need some as well. */
const MOST_IN_ALL = 100;
/** A browser with many tabs, or a program that forgets to close: it leaves the others room. */
const MOST_PER_ACTOR = 10;

/** Places for streams, in all and by actor. */
export class StreamPlaces {
  private readonly takenBy = new Map<string, number>();
  private taken = 0;

  /** Why there is none, in a clause; null where one was taken. */
  take(actor: string): string | null {
    const own = this.takenBy.get(actor) ?? 0;
    if (own >= MOST_PER_ACTOR) return `${actor} reads ${own} streams of events already`;
    if (this.taken >= MOST_IN_ALL) return `${this.taken} streams of events are open already`;
    this.takenBy.set(actor, own + 1);
    this.taken += 1;
    return null;
  }

  free(actor: string): void {
    const own = (this.takenBy.get(actor) ?? 0) - 1;
    this.taken -= 1;
    if (own > 0) this.takenBy.set(actor, own);
    else this.takenBy.delete(actor);
  }
}
