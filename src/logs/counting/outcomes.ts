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

/** How many lines of a route and a version became what. */
export interface LineTotal {
  /** Empty where there is no such route. */
  readonly route: string;
  /** Of the running rollout; empty for any other. */
  readonly version: string;
  readonly outcome: LineOutcome;
  readonly lines: number;
}

/** Sums of lines by route, version and outcome. */
export class LineTotals {
  private readonly byKey = new Map<string, LineTotal>();

  add(total: LineTotal): void {
    const key = `${total.route} ${total.version} ${total.outcome}`;
    const before = this.byKey.get(key)?.lines ?? 0;
    this.byKey.set(key, { ...total, lines: before + total.lines });
  }

  all(): readonly LineTotal[] {
    return [...this.byKey.values()];
  }
}
