import { randomUUID } from 'node:crypto';
import type { Sighting, SightingName } from '../../stats/answers/sighting.ts';
import type { LogLine } from '../lines/log-line.ts';
import type { LineFate } from './outcomes.ts';
import { RouteBook } from './route-book.ts';
import type { TakeLogs, TakenLogs } from './take-logs.ts';

/** Without a look for this long a route is not judged by logs any more. */
const WATCHED_MS = 120_000;

/** The lines of all routes that are judged by logs, counted until a look takes them. Keeps nothing of any other route. */
export class LogBook {
  private readonly boot = randomUUID();
  private readonly routes = new Map<string, RouteBook>();

  /** What became of a line that came at `now`. */
  add(route: string, line: LogLine, version: string | null, now: number): LineFate {
    return this.bookAt(route, now)?.add(line, version, now) ?? { outcome: 'unwatched', track: null };
  }

  malformed(route: string, version: string | null, now: number): void {
    this.bookAt(route, now)?.malformed(version, now);
  }

  /** The sender of a version is there, whether or not it has anything to say. */
  alive(route: string, version: string, now: number): void {
    this.bookAt(route, now)?.alive(version, now);
  }

  /** Lines of a route that were written from then on were not read. */
  missed(route: string, from: number, now: number): void {
    this.bookAt(route, now)?.missed(from, now);
  }

  isWatched(route: string, now: number): boolean {
    return this.bookAt(route, now) !== null;
  }

  /** Whether these versions of a route are looked at for the first time: from now on their lines count. */
  begin({ route, watched }: Pick<TakeLogs, 'route' | 'watched'>, now: number): boolean {
    if (this.bookAt(route, now)?.isOf(watched)) return false;
    this.routes.set(route, new RouteBook(watched, now));
    return true;
  }

  take({ route, watched, spans, taken }: TakeLogs, now: number): TakenLogs {
    const book = this.bookAt(route, now);
    if (!book?.isOf(watched)) throw new Error('the lines of these versions are not counted yet');
    const { pairs, seq } = book.take(watched, spans, taken?.boot === this.boot ? taken.seq : null, now);
    return { pairs, taken: { boot: this.boot, seq } };
  }

  /** See `MetricsSource.sightings`. */
  sightings(route: string, names: readonly SightingName[], now: number): ReadonlyMap<SightingName, Sighting> {
    return this.bookAt(route, now)?.sightings(names) ?? new Map();
  }

  private bookAt(route: string, now: number): RouteBook | null {
    const book = this.routes.get(route);
    if (!book) return null;
    if (now - book.takenAt <= WATCHED_MS) return book;
    this.routes.delete(route);
    return null;
  }
}
