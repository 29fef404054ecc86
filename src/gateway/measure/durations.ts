import type { DurationRow, Unanswered } from '../gateway.ts';
import { METHODS, methodName } from '../http/method.ts';

/** Upper edges in seconds, as OpenTelemetry recommends for `http.server.request.duration`. */
export const DURATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] as const;

const EDGES_MS = DURATION_BUCKETS.map((seconds) => seconds * 1_000);
const SUM = EDGES_MS.length + 1;
const STATUSES = 1_000;

const ENDS: readonly Unanswered[] = ['unanswered', 'client-gone', 'refused'];

/** Counts durations by method and status: at most a few thousand rows, whatever clients and upstreams make up. */
export class Durations {
  private readonly rows = new Map<number, Float64Array>();

  answered(method: number, status: number, ms: number): void {
    this.count(method * STATUSES + status, ms);
  }

  ended(method: number, end: Unanswered, ms: number): void {
    this.count(method * STATUSES + ENDS.indexOf(end), ms);
  }

  read(): DurationRow[] {
    return Array.from(this.rows, ([key, row]) => {
      const code = key % STATUSES;
      const end = ENDS[code];
      return {
        method: methodName(Math.min(METHODS.length, Math.floor(key / STATUSES))),
        status: end === undefined ? code : null,
        end: end ?? 'answered',
        counts: [...row.subarray(0, SUM)],
        sumSeconds: (row[SUM] ?? 0) / 1_000,
      };
    });
  }

  private count(key: number, ms: number): void {
    let row = this.rows.get(key);
    if (row === undefined) {
      row = new Float64Array(SUM + 1);
      this.rows.set(key, row);
    }
    let bucket = 0;
    while (bucket < EDGES_MS.length && ms > (EDGES_MS[bucket] ?? 0)) bucket++;
    row[bucket] = (row[bucket] ?? 0) + 1;
    row[SUM] = (row[SUM] ?? 0) + ms;
  }
}
