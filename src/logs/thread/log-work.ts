import type { Sighting, SightingName } from '../../stats/answers/sighting.ts';
import { LogBook } from '../counting/log-book.ts';
import { type LineTotal, LineTotals } from '../counting/outcomes.ts';
import type { TakeLogs, TakenLogs } from '../counting/take-logs.ts';
import { type PageRead, UnreadableBatch } from '../ways/way.ts';
import { inflatedBatch, type LogBatch, type LogRoutes, readBatch } from './log-batch.ts';
import { KEPT_MS, RecentBatches } from './recent-batches.ts';

export type LogJob =
  | { readonly kind: 'batch'; readonly batch: LogBatch; readonly routes: LogRoutes }
  | { readonly kind: 'alive'; readonly route: string; readonly version: string }
  | { readonly kind: 'missed'; readonly route: string; readonly from: number }
  | { readonly kind: 'take'; readonly take: TakeLogs }
  | { readonly kind: 'sightings'; readonly route: string; readonly names: readonly SightingName[] };

export type LogDone =
  | { readonly kind: 'read'; readonly totals: readonly LineTotal[]; readonly page?: PageRead; readonly tookMs: number }
  | { readonly kind: 'unreadable'; readonly reason: string; readonly tookMs: number }
  | { readonly kind: 'taken'; readonly taken: TakenLogs }
  | { readonly kind: 'sighted'; readonly sightings: ReadonlyMap<SightingName, Sighting> }
  | { readonly kind: 'noted' };

/** Everything that is done with lines, without the thread that does it. */
export class LogWork {
  private readonly book = new LogBook();
  private readonly recent: RecentBatches;
  private routes: LogRoutes = { names: [], byService: {} };

  /** @param lostBefore what came before this was lost, epoch ms */
  constructor(lostBefore = 0) {
    this.recent = new RecentBatches(lostBefore);
  }

  done(job: LogJob, now: number): LogDone {
    switch (job.kind) {
      case 'batch': {
        const begun = performance.now();
        this.routes = job.routes;
        const read = this.read(job.batch, now);
        return { ...read, tookMs: performance.now() - begun };
      }
      case 'alive':
        this.book.alive(job.route, job.version, now);
        return { kind: 'noted' };
      case 'missed':
        this.recent.missed(job.route, now);
        this.book.missed(job.route, job.from, now);
        return { kind: 'noted' };
      case 'take':
        if (this.book.begin(job.take, now)) this.readAgain(job.take.route, now);
        return { kind: 'taken', taken: this.book.take(job.take, now) };
      case 'sightings':
        return { kind: 'sighted', sightings: this.book.sightings(job.route, job.names, now) };
    }
  }

  /** To be called now and then: nothing that came is held for longer than it can count. */
  forget(now: number): void {
    this.recent.forget(now);
  }

  private read(batch: LogBatch, now: number) {
    const totals = new LineTotals();
    const routes = new Set<string>();
    let page: PageRead | null = null;
    try {
      const plain = inflatedBatch(batch);
      readBatch(batch, plain, {
        routes: this.routes,
        book: this.book,
        at: now,
        reads: (route) => this.book.isWatched(route, now),
        note: (route, fate, lines) => {
          if (route !== null) routes.add(route);
          totals.add({ route: route ?? '', ...fate, lines });
        },
        page: (read) => {
          page = read;
        },
      });
      if (batch.page?.isSample !== true) this.recent.keep(batch, plain.length, routes, now);
    } catch (error) {
      if (error instanceof UnreadableBatch) return { kind: 'unreadable' as const, reason: error.message };
      throw error;
    }
    return { kind: 'read' as const, totals: totals.all(), ...(page === null ? {} : { page }) };
  }

  /** What came before the first look at these versions, as it would have been read had they been known. */
  private readAgain(route: string, now: number): void {
    const lostUntil = this.recent.lostUntil(route);
    if (now - lostUntil <= KEPT_MS) this.book.missed(route, now - KEPT_MS, lostUntil);
    for (const { batch, at } of this.recent.of(route, now)) {
      const reads = (name: string) => name === route;
      try {
        readBatch(batch, inflatedBatch(batch), { routes: this.routes, book: this.book, at, reads, note: () => {} });
      } catch (error) {
        // It was not read as a whole before.
        if (!(error instanceof UnreadableBatch)) throw error;
      }
    }
  }
}
