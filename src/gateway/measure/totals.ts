import type { Track } from '../../split/order.ts';
import type { AnswerKind, TrafficDurations, TrafficTotals } from '../gateway.ts';
import type { UpstreamHead } from '../upstream/upstream-client.ts';
import { Durations } from './durations.ts';

type KindCounts = { -readonly [kind in AnswerKind]: number };

export type OutcomeCounts = { -readonly [outcome in keyof TrafficTotals['outcomes']]: number };

/** The live counters of one version. */
export interface VersionTotals {
  readonly track: Track;
  readonly version: string;
  readonly outcomes: OutcomeCounts;
  readonly kinds: KindCounts;
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
      const kinds = { json: 0, 'event-stream': 0, tunnel: 0, other: 0 };
      row = { track, version, outcomes, kinds, durations: new Durations() };
      this.rows.set(key, row);
    }
    return row;
  }

  read(): TrafficTotals[] {
    return Array.from(this.rows.values(), ({ track, version, outcomes, kinds }) => ({
      route: this.route,
      track,
      version,
      outcomes: { ...outcomes },
      kinds: { ...kinds },
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

/** An answer that its status already tells of is of no kind. */
export function countKind(kinds: KindCounts, head: Pick<UpstreamHead, 'status' | 'isEventStream' | 'isJson'>): void {
  if (head.status >= 400) return;
  if (head.isEventStream) kinds['event-stream']++;
  else if (head.isJson) kinds.json++;
  else kinds.other++;
}
