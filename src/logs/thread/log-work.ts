import { LogBook } from '../counting/log-book.ts';
import { type LineTotal, LineTotals } from '../counting/outcomes.ts';
import type { TakeLogs, TakenLogs } from '../counting/take-logs.ts';
import { UnreadableBatch } from '../ways/way.ts';
import { inflatedBatch, type LogBatch, type LogRoutes, readBatch } from './log-batch.ts';

export type LogJob =
  | { readonly kind: 'batch'; readonly batch: LogBatch; readonly routes: LogRoutes }
  | { readonly kind: 'alive'; readonly route: string; readonly version: string }
  | { readonly kind: 'take'; readonly take: TakeLogs };

export type LogDone =
  | { readonly kind: 'read'; readonly totals: readonly LineTotal[]; readonly tookMs: number }
  | { readonly kind: 'unreadable'; readonly reason: string; readonly tookMs: number }
  | { readonly kind: 'taken'; readonly taken: TakenLogs }
  | { readonly kind: 'noted' };

/** Everything that is done with lines, without the thread that does it. */
export class LogWork {
  private readonly book = new LogBook();
  private routes: LogRoutes = { names: [], byService: {} };

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
      case 'take':
        this.book.begin(job.take, now);
        return { kind: 'taken', taken: this.book.take(job.take, now) };
    }
  }

  private read(batch: LogBatch, now: number) {
    const totals = new LineTotals();
    try {
      readBatch(batch, inflatedBatch(batch), {
        routes: this.routes,
        book: this.book,
        at: now,
        reads: (route) => this.book.isWatched(route, now),
        note: (route, fate, lines) => {
          totals.add({ route: route ?? '', ...fate, lines });
        },
      });
    } catch (error) {
      if (error instanceof UnreadableBatch) return { kind: 'unreadable' as const, reason: error.message };
      throw error;
    }
    return { kind: 'read' as const, totals: totals.all() };
  }
}
