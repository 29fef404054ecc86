/** What one version answered in the looks of a row. */
export interface TrailTrack {
  /** Requests and errors, as `errors` of the policy counts them. */
  readonly n: number;
  readonly x: number;
  /** Of these the latency is known. */
  readonly timed: number;
  /** Latencies in ms; null where none is known. */
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

/** One look, or several that are one row by now. Null is what was not known, never zero. For drawing: nothing is tested with it. */
export interface TrailRow {
  /** Database time of the last look, epoch ms. */
  readonly at: number;
  /** Since the look before the first, in ms. */
  readonly everyMs: number;
  /** The ordered weight at the last look, in basis points. */
  readonly bps: number;
  /** Log of the combined evidence of harm. */
  readonly logHarm: number | null;
  /** Log of the least evidence of parity among the checks that a promotion waits for. */
  readonly logParityWeakest: number | null;
  readonly canary: TrailTrack | null;
  readonly stable: TrailTrack | null;
  /** Log evidence of harm by check, of at most `MOST_TRAIL_CHECKS`: those with the most. */
  readonly checks: Readonly<Record<string, number | null>>;
}

/** The end of a trail: how many looks it has, and the row that the last one is part of. */
export interface TrailEnd {
  readonly looks: number;
  readonly row: TrailRow;
}

/** A row by its first look, counted from 0. */
export interface PlacedRow {
  readonly look: number;
  readonly row: TrailRow;
}

/** What the last look changes in a stored trail. */
export interface TrailChange extends PlacedRow {
  /** Looks in a row of that length; the stored rows are shorter before the first row of a new length. */
  readonly rowLooks: number;
  readonly doubles: boolean;
}

export const MOST_TRAIL_ROWS = 720;
export const MOST_TRAIL_CHECKS = 40;
/** After the end of the rollout. */
export const TRAIL_KEPT_MS = 365 * 86_400_000;

/** The trail with one look more: the look is a row of its own, or becomes part of the last row until that has its length. */
export function extendTrail(end: TrailEnd | undefined, look: TrailRow): TrailEnd {
  const before = end?.looks ?? 0;
  const begins = before % rowLooks(before + 1) === 0;
  return { looks: before + 1, row: end === undefined || begins ? look : mergeRows(end.row, look) };
}

export function trailChange({ looks, row }: TrailEnd): TrailChange {
  const length = rowLooks(looks);
  const last = looks - 1;
  return { look: last - (last % length), row, rowLooks: length, doubles: length > rowLooks(last) };
}

/** Rows of `length` looks each out of shorter ones, in their order. Rows that are that long already stay as they are. */
export function lengthenRows(rows: readonly PlacedRow[], length: number): readonly PlacedRow[] {
  const merged: PlacedRow[] = [];
  for (const { look, row } of rows) {
    const first = look - (look % length);
    const last = merged.at(-1);
    if (last?.look === first) merged[merged.length - 1] = { look: first, row: mergeRows(last.row, row) };
    else merged.push({ look: first, row });
  }
  return merged;
}

/**
 * Two neighbours as one row: time, requests and errors add up, evidence keeps its maximum, quantiles are weighted by
 * the requests whose latency is known, and the weight is the later one's.
 */
export function mergeRows(earlier: TrailRow, later: TrailRow): TrailRow {
  return {
    at: later.at,
    everyMs: earlier.everyMs + later.everyMs,
    bps: later.bps,
    logHarm: larger(earlier.logHarm, later.logHarm),
    logParityWeakest: larger(earlier.logParityWeakest, later.logParityWeakest),
    canary: mergeTracks(earlier.canary, later.canary),
    stable: mergeTracks(earlier.stable, later.stable),
    checks: mergeChecks(earlier.checks, later.checks),
  };
}

/** The checks with the most evidence of harm; of equals the first by name. */
export function boundChecks(checks: TrailRow['checks']): TrailRow['checks'] {
  const all = Object.entries(checks);
  if (all.length <= MOST_TRAIL_CHECKS) return checks;
  const least = Number.NEGATIVE_INFINITY;
  const most = all.toSorted(([a, left], [b, right]) => (right ?? least) - (left ?? least) || (a < b ? -1 : 1));
  return Object.fromEntries(most.slice(0, MOST_TRAIL_CHECKS));
}

/** To the microsecond, and evidence to a thousandth: nobody draws more, and it takes a third of the room. */
export function toDraw(value: number): number | null {
  return Number.isFinite(value) ? Math.round(value * 1_000) / 1_000 + 0 : null;
}

/** 1, 2, 4, ...: the least length of rows of which that many looks take at most `MOST_TRAIL_ROWS`. */
function rowLooks(looks: number): number {
  return 2 ** Math.max(0, Math.ceil(Math.log2(looks / MOST_TRAIL_ROWS)));
}

function mergeTracks(earlier: TrailTrack | null, later: TrailTrack | null): TrailTrack | null {
  if (earlier === null || later === null) return earlier ?? later;
  const timed = earlier.timed + later.timed;
  const mean = (of: 'p50' | 'p95' | 'p99') => {
    const [one, other] = [earlier[of], later[of]];
    if (one === null || other === null) return one ?? other;
    return toDraw((one * earlier.timed + other * later.timed) / timed);
  };
  return {
    n: earlier.n + later.n,
    x: earlier.x + later.x,
    timed,
    p50: mean('p50'),
    p95: mean('p95'),
    p99: mean('p99'),
  };
}

function mergeChecks(earlier: TrailRow['checks'], later: TrailRow['checks']): TrailRow['checks'] {
  const names = new Set([...Object.keys(earlier), ...Object.keys(later)]);
  return boundChecks(
    Object.fromEntries([...names].map((name) => [name, larger(earlier[name] ?? null, later[name] ?? null)])),
  );
}

function larger(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.max(one, other);
}
