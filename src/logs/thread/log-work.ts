import { gunzipSync } from 'node:zlib';
import { LogBook } from '../counting/log-book.ts';
import { type LineFate, type LineTotal, LineTotals } from '../counting/outcomes.ts';
import type { TakeLogs, TakenLogs } from '../counting/take-logs.ts';
import { type LineOrigin, type LogWayName, UnreadableBatch } from '../ways/way.ts';
import { wayNamed } from '../ways/ways.ts';

/** Of a batch after it is inflated. */
export const MOST_BATCH_BYTES = 16 * 1024 * 1024;

/** Lines that came together. */
export interface LogBatch {
  readonly way: LogWayName;
  readonly bytes: Uint8Array;
  readonly coding: 'identity' | 'gzip';
  /** Whose lines they are, whatever they say; null to go by what they say. */
  readonly route: string | null;
  readonly version: string | null;
}

/** Which routes there are, by name, and by the services whose logs they take. */
export interface LogRoutes {
  readonly names: readonly string[];
  readonly byService: Readonly<Record<string, string>>;
}

export type LogJob =
  | { readonly kind: 'batch'; readonly batch: LogBatch; readonly routes: LogRoutes }
  | { readonly kind: 'alive'; readonly route: string; readonly version: string }
  | { readonly kind: 'take'; readonly take: TakeLogs };

export type LogDone =
  | { readonly kind: 'read'; readonly totals: readonly LineTotal[]; readonly tookMs: number }
  | { readonly kind: 'unreadable'; readonly reason: string; readonly tookMs: number }
  | { readonly kind: 'taken'; readonly taken: TakenLogs }
  | { readonly kind: 'noted' };

/** Those whose lines are counted without reading them, where they are kept for nobody. */
const BY_LINE: readonly LogWayName[] = ['ndjson', 'text'];
const NEWLINE = 0x0a;

/** Everything that is done with lines, without the thread that does it. */
export class LogWork {
  private readonly book = new LogBook();

  done(job: LogJob, now: number): LogDone {
    switch (job.kind) {
      case 'batch': {
        const begun = performance.now();
        const read = this.read(job.batch, job.routes, now);
        return { ...read, tookMs: performance.now() - begun };
      }
      case 'alive':
        this.book.alive(job.route, job.version, now);
        return { kind: 'noted' };
      case 'take':
        return { kind: 'taken', taken: this.book.take(job.take, now) };
    }
  }

  private read({ way, bytes, coding, ...sender }: LogBatch, routes: LogRoutes, now: number) {
    const totals = new LineTotals();
    const note = (route: string, { outcome, track }: LineFate) => totals.add({ route, track, outcome, lines: 1 });
    const routeOf = (origin: LineOrigin) => sender.route ?? routeNamed(origin, routes);
    try {
      const plain = inflated(bytes, coding);
      if (sender.route !== null && BY_LINE.includes(way) && !this.book.isWatched(sender.route, now)) {
        const lines = linesIn(plain);
        return { kind: 'read' as const, totals: lines > 0 ? [unwatched(sender.route, lines)] : [] };
      }
      wayNamed(way).read(plain, {
        line: (line, origin) => {
          const route = routeOf(origin);
          if (route === null) note('', { outcome: 'unrouted', track: null });
          else note(route, this.book.add(route, line, sender.version ?? line.version, now));
        },
        fault: (kind, origin) => {
          const route = routeOf(origin);
          note(route ?? '', { outcome: kind, track: null });
          if (route !== null) this.book.malformed(route, sender.version, now);
        },
      });
    } catch (error) {
      if (error instanceof UnreadableBatch) return { kind: 'unreadable' as const, reason: error.message };
      throw error;
    }
    return { kind: 'read' as const, totals: totals.all() };
  }
}

function routeNamed({ route, service }: LineOrigin, { names, byService }: LogRoutes): string | null {
  if (route !== null) return names.includes(route) ? route : null;
  if (service === null) return null;
  if (Object.hasOwn(byService, service)) return byService[service] ?? null;
  return names.includes(service) ? service : null;
}

function unwatched(route: string, lines: number): LineTotal {
  return { route, track: null, outcome: 'unwatched', lines };
}

function linesIn(bytes: Buffer): number {
  let lines = bytes.length > 0 && bytes.at(-1) !== NEWLINE ? 1 : 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) lines++;
  return lines;
}

function inflated(bytes: Uint8Array, coding: LogBatch['coding']): Buffer {
  const plain = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (coding === 'identity') return plain;
  try {
    return gunzipSync(plain, { maxOutputLength: MOST_BATCH_BYTES });
  } catch (error) {
    const isTooLarge = error instanceof RangeError;
    throw new UnreadableBatch(isTooLarge ? `it inflates to more than ${MOST_BATCH_BYTES} bytes` : 'it is no gzip');
  }
}
