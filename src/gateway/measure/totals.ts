import type { Track } from '../../split/order.ts';
import type { TrafficDurations, TrafficTotals } from '../gateway.ts';
import { Durations } from './durations.ts';

export type OutcomeCounts = { -readonly [outcome in keyof TrafficTotals['outcomes']]: number };

/** The live counters of one version. */
export interface VersionTotals {
  readonly track: Track;
  readonly version: string;
  readonly outcomes: OutcomeCounts;
  readonly durations: Durations;
}

/** How the requests of one route ended since the process began, by track and version. */
export class RouteTotals {
  private readonly route: string;
  private readonly rows = new Map<string, VersionTotals>();

  constructor(route: string) {
    this.route = route;
  }

  /** The live counters of a version, which the caller increments. */
  of(track: Track, version: string): VersionTotals {
    const key = `${track} ${version}`;
    let row = this.rows.get(key);
    if (!row) {
      const outcomes = { '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0, unanswered: 0, 'client-gone': 0, refused: 0 };
      row = { track, version, outcomes, durations: new Durations() };
      this.rows.set(key, row);
    }
    return row;
  }

  read(): TrafficTotals[] {
    return Array.from(this.rows.values(), ({ track, version, outcomes }) => ({
      route: this.route,
      track,
      version,
      outcomes: { ...outcomes },
    }));
  }

  readDurations(): TrafficDurations[] {
    return Array.from(this.rows.values(), ({ track, version, durations }) => ({
      route: this.route,
      track,
      version,
      rows: durations.read(),
    }));
  }
}

/** A protocol switch (101) counts as a successful answer. */
export function countStatus(outcomes: OutcomeCounts, status: number): void {
  if (status < 300) outcomes['2xx']++;
  else if (status < 400) outcomes['3xx']++;
  else if (status < 500) outcomes['4xx']++;
  else outcomes['5xx']++;
}
