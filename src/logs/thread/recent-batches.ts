import type { LogBatch } from './log-batch.ts';

/** Lines that are older than this when they come are left out, so nobody needs a batch for longer. */
export const KEPT_MS = 60_000;
/** Of batches after they are inflated, which is what reading them costs: a fraction of a second for one route. */
const MOST_OF_ROUTE = 8 * 1024 * 1024;
const MOST_BYTES = 32 * 1024 * 1024;
/** What holding a batch takes beside its bytes. */
const EACH = 1_024;

interface Kept {
  readonly batch: LogBatch;
  /** Epoch ms. */
  readonly at: number;
  readonly size: number;
}

interface Shelf {
  readonly batches: Kept[];
  size: number;
}

/**
 * The batches of the last minute, as they came. A rollout is known of by its first look, and by then its versions have logged for
 * seconds: nobody knew which lines to count. They are read once more then, and only then.
 */
export class RecentBatches {
  private readonly shelves = new Map<string, Shelf>();
  private size = 0;
  /** By route, until when lines were let go, epoch ms. */
  private readonly lost = new Map<string, number>();
  private readonly lostBefore: number;

  /** @param lostBefore what came before this was lost, of all routes */
  constructor(lostBefore = 0) {
    this.lostBefore = lostBefore;
  }

  /** One that has lines of several routes counts for each of them. @param length of its bytes after they are inflated */
  keep(batch: LogBatch, length: number, routes: Iterable<string>, now: number): void {
    this.forget(now);
    const size = Math.max(length, batch.bytes.byteLength) + EACH;
    for (const route of routes) {
      const shelf = this.shelves.get(route) ?? { batches: [], size: 0 };
      this.shelves.set(route, shelf);
      shelf.batches.push({ batch, at: now, size });
      shelf.size += size;
      this.size += size;
      while (shelf.size > MOST_OF_ROUTE) this.lose(route, shelf);
    }
    while (this.size > MOST_BYTES) this.dropOfLargest();
  }

  /** Lines of a route were not read, up to now. */
  missed(route: string, now: number): void {
    this.lost.set(route, now);
  }

  /** When the last batch that is not there any more came, or lines that were not read were written. */
  lostUntil(route: string): number {
    return Math.max(this.lostBefore, this.lost.get(route) ?? 0);
  }

  /** Those with lines of a route, oldest first. */
  of(route: string, now: number): readonly Kept[] {
    this.forget(now);
    return this.shelves.get(route)?.batches ?? [];
  }

  forget(now: number): void {
    for (const [route, shelf] of this.shelves) {
      while (shelf.batches[0] !== undefined && now - shelf.batches[0].at > KEPT_MS) this.dropOldest(route, shelf);
    }
  }

  /** Who sends most loses first. */
  private dropOfLargest(): void {
    const [largest] = [...this.shelves].toSorted(([, one], [, other]) => other.size - one.size);
    if (largest) this.lose(...largest);
  }

  private lose(route: string, shelf: Shelf): void {
    const oldest = shelf.batches[0];
    if (oldest !== undefined) this.missed(route, oldest.at);
    this.dropOldest(route, shelf);
  }

  private dropOldest(route: string, shelf: Shelf): void {
    const dropped = shelf.batches.shift();
    if (dropped === undefined) return;
    shelf.size -= dropped.size;
    this.size -= dropped.size;
    if (shelf.batches.length === 0) this.shelves.delete(route);
  }
}
