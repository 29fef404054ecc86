import type { TrafficTotals } from '../gateway/gateway.ts';
import type { Track } from '../split/order.ts';

const MINUTE_MS = 60_000;
/** By how much a minute may be longer or shorter: what was counted in another span is not shown as a minute's. */
const SLACK_MS = 5_000;
/** Points of a series. */
export const KEPT_MINUTES = 60;

/** The requests of a route that have ended, by minute: the oldest first, and the last whole minute last. Null: not known. */
export interface RouteTraffic {
  /** Of both versions, in the last minute; null as long as nothing is known. */
  readonly perSecond: number | null;
  readonly stable: readonly (number | null)[];
  readonly canary: readonly (number | null)[];
}

/** The requests of every route since the process began: the stable's of the first route, its canary's, those of the second. */
interface Reading {
  readonly atMs: number;
  readonly counts: Float64Array;
}

/** What the gateway counted in each of the last minutes: differences of its totals, read now and then on a monotonic clock. */
export class TrafficMinutes {
  private readonly places = new Map<string, number>();
  /** Whole minutes, the oldest first; null for one in which nothing was read. */
  private readonly minutes: (Float64Array | null)[] = [];
  private begun: Reading | null = null;
  /** Of the last minute, and the last one before it. */
  private readings: Reading[] = [];

  /** `routes`: the names of those that the gateway carries; nothing is known of others. */
  constructor(routes: readonly string[]) {
    this.add(routes);
  }

  /** Others are known from now on; those that are known stay. */
  add(routes: readonly string[]): void {
    for (const name of routes) if (!this.places.has(name)) this.places.set(name, 2 * this.places.size);
  }

  /** Several times a minute, so that each minute ends with a reading. */
  note(totals: readonly TrafficTotals[], atMs: number): void {
    const reading = { atMs, counts: this.sum(totals) };
    const last = this.readings.at(-1);
    // Nobody can say when in a long gap the requests came.
    if (last && atMs - last.atMs > MINUTE_MS) this.readings = [];
    this.readings.push(reading);
    while (atMs - (this.readings[1]?.atMs ?? atMs) >= MINUTE_MS) this.readings.shift();
    this.close(reading);
  }

  of(route: string): RouteTraffic {
    const at = this.places.get(route) ?? null;
    return { perSecond: this.perSecond(at), stable: this.series(at), canary: this.series(at === null ? null : at + 1) };
  }

  private sum(totals: readonly TrafficTotals[]): Float64Array {
    const counts = new Float64Array(2 * this.places.size);
    for (const { route, track, outcomes } of totals) {
      const at = this.places.get(route);
      if (at === undefined) continue;
      const place = at + OFFSETS[track];
      for (const count of Object.values(outcomes)) counts[place] = (counts[place] ?? 0) + count;
    }
    return counts;
  }

  private close(reading: Reading): void {
    this.begun ??= reading;
    const { atMs, counts } = this.begun;
    const spanMs = reading.atMs - atMs;
    if (spanMs < MINUTE_MS - SLACK_MS) return;
    this.begun = reading;
    const isMinute = spanMs <= MINUTE_MS + SLACK_MS;
    const passed = Math.min(Math.round(spanMs / MINUTE_MS), KEPT_MINUTES);
    if (isMinute) this.minutes.push(reading.counts.map((count, at) => Math.max(0, count - (counts[at] ?? 0))));
    else this.minutes.push(...Array<null>(passed).fill(null));
    this.minutes.splice(0, Math.max(0, this.minutes.length - KEPT_MINUTES));
  }

  private perSecond(at: number | null): number | null {
    const [first, ...later] = this.readings;
    const last = later.at(-1);
    if (at === null || !first || !last) return null;
    const requests = [at, at + 1].reduce(
      (sum, place) => sum + (last.counts[place] ?? 0) - (first.counts[place] ?? 0),
      0,
    );
    // A route that left and came back counts from nothing.
    return (Math.max(0, requests) * 1_000) / (last.atMs - first.atMs);
  }

  private series(at: number | null): readonly (number | null)[] {
    const unknown = Array<null>(KEPT_MINUTES - (at === null ? 0 : this.minutes.length)).fill(null);
    return at === null ? unknown : [...unknown, ...this.minutes.map((counts) => counts?.[at] ?? null)];
  }
}

const OFFSETS: Readonly<Record<Track, 0 | 1>> = { stable: 0, canary: 1 };
