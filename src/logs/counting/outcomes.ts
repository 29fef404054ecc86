import type { Track } from '../../split/order.ts';

/** What became of lines, for their senders and for `/metrics`. */
export type LineOutcome =
  | 'counted'
  /** Neither a message nor a level could be read. */
  | 'malformed'
  | 'too-long'
  /** Of a version that is not in the running rollout, or of none. */
  | 'unknown-version'
  /** Written too long before it came: what was served then is judged already. */
  | 'late'
  /** No rollout of its route is judged by logs now. */
  | 'unwatched'
  /** Of a route that there is not. */
  | 'unrouted';

export const LINE_OUTCOMES: readonly LineOutcome[] = [
  'counted',
  'malformed',
  'too-long',
  'unknown-version',
  'late',
  'unwatched',
  'unrouted',
];

/** What became of one line. */
export interface LineFate {
  readonly outcome: LineOutcome;
  /** Whose it is in the running rollout; null for any other. */
  readonly track: Track | null;
}

/** How many lines of a route and a track became what. */
export interface LineTotal {
  /** Empty where there is no such route. */
  readonly route: string;
  /** By track, so that their number does not grow with the versions. Null where they are of neither. */
  readonly track: Track | null;
  readonly outcome: LineOutcome;
  readonly lines: number;
}

/** Sums of lines by route, track and outcome. */
export class LineTotals {
  private readonly byKey = new Map<string, LineTotal>();

  add(total: LineTotal): void {
    const key = `${total.route} ${total.track} ${total.outcome}`;
    const before = this.byKey.get(key)?.lines ?? 0;
    this.byKey.set(key, { ...total, lines: before + total.lines });
  }

  all(): readonly LineTotal[] {
    return [...this.byKey.values()];
  }
}
