import type { TrailView } from '../../views.ts';
import { ROUND_SPANS_MS } from './time-axis.ts';

/** What a version answered in a piece of time; null figures are not known. */
export interface TrackPoint {
  readonly n: number;
  readonly x: number;
  readonly p99: number | null;
}

/** A piece of time: a look, or several. Times are epoch ms. Null is a gap, never zero. */
export interface TrailPoint {
  readonly from: number;
  readonly at: number;
  readonly bps: number;
  readonly logHarm: number | null;
  readonly logParity: number | null;
  readonly canary: TrackPoint | null;
  readonly stable: TrackPoint | null;
}

/** The time before such a look was not looked at, whatever its row covers: Serin was away. */
const AWAY_TIMES_THE_USUAL = 4;

/** One point for each row of the trail. */
export function lookPoints(trail: TrailView): readonly TrailPoint[] {
  const usualMs = middleOf(trail.everyMs);
  return trail.at.map((at, row) => {
    const everyMs = trail.everyMs[row] ?? 0;
    return {
      from: at - (everyMs > AWAY_TIMES_THE_USUAL * usualMs ? usualMs : everyMs),
      at,
      bps: trail.bps[row] ?? 0,
      logHarm: trail.logHarm[row] ?? null,
      logParity: trail.logParityWeakest[row] ?? null,
      canary: trackAt(trail.canary, row),
      stable: trackAt(trail.stable, row),
    };
  });
}

function trackAt({ n, x, p99 }: TrailView['canary'], row: number): TrackPoint | null {
  const requests = n[row] ?? null;
  return requests === null ? null : { n: requests, x: x[row] ?? 0, p99: p99[row] ?? null };
}

function middleOf(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}

const MOST_PIECES = 120;
const LEAST_PIECES = 24;
/** On average, of the version that has fewer: a piece with two requests says nothing about their errors. */
const WANTED_REQUESTS = 10;

/**
 * The length of the pieces in which counts are drawn: short enough for a line, long enough for its points to mean something. Null where
 * each look is one, because there are few.
 */
export function pieceMs(looks: readonly TrailPoint[]): number | null {
  const [first, last] = [looks[0], looks.at(-1)];
  if (first === undefined || last === undefined || looks.length <= LEAST_PIECES) return null;
  const spanMs = last.at - first.from;
  const longest = Math.max(...looks.map(({ from, at }) => at - from));
  const canary = looks.filter((look) => (look.canary?.n ?? 0) > 0);
  const requests = canary.reduce((sum, look) => sum + (look.canary?.n ?? 0), 0);
  const servedMs = canary.reduce((sum, { from, at }) => sum + (at - from), 0);
  const isFit = (ms: number) => {
    if (ms < longest || spanMs / ms > MOST_PIECES) return false;
    return spanMs / ms <= LEAST_PIECES || requests * ms >= WANTED_REQUESTS * servedMs;
  };
  return ROUND_SPANS_MS.find(isFit) ?? longest;
}

/** Looks as pieces of `ms`, or each as one; a piece ends at each of `cuts` too, so that none has two steps. */
export function piecesOf(
  looks: readonly TrailPoint[],
  ms: number | null,
  cuts: readonly number[],
): readonly TrailPoint[] {
  if (ms === null) return looks;
  const pieces: TrailPoint[] = [];
  let key = '';
  for (const look of looks) {
    const own = `${cutsBefore(cuts, look.at)} ${Math.ceil(look.at / ms)}`;
    const last = pieces.at(-1);
    if (last === undefined || own !== key) pieces.push(look);
    else pieces[pieces.length - 1] = together(last, look);
    key = own;
  }
  return withoutStub(pieces, ms, cuts);
}

export function cutsBefore(cuts: readonly number[], at: number): number {
  return cuts.filter((cut) => cut < at).length;
}

/** A piece that has only begun is part of the one before it: a few requests would be drawn as a leap. */
function withoutStub(pieces: readonly TrailPoint[], ms: number, cuts: readonly number[]): readonly TrailPoint[] {
  const [before, last] = pieces.slice(-2);
  if (before === undefined || last === undefined || last.at - last.from >= ms / 2) return pieces;
  const isApart = cutsBefore(cuts, before.at) !== cutsBefore(cuts, last.at) || last.from - before.at > ms;
  return isApart ? pieces : [...pieces.slice(0, -2), together(before, last)];
}

/** Counts add up, a quantile is weighted by requests as the server does it, and the rest is as at the last look. */
function together(earlier: TrailPoint, later: TrailPoint): TrailPoint {
  return {
    from: earlier.from,
    at: later.at,
    bps: later.bps,
    logHarm: later.logHarm,
    logParity: later.logParity,
    canary: tracksTogether(earlier.canary, later.canary),
    stable: tracksTogether(earlier.stable, later.stable),
  };
}

function tracksTogether(earlier: TrackPoint | null, later: TrackPoint | null): TrackPoint | null {
  if (earlier === null || later === null) return earlier ?? later;
  const weigh = earlier.n + later.n;
  const known = earlier.p99 !== null && later.p99 !== null && weigh > 0;
  return {
    n: weigh,
    x: earlier.x + later.x,
    p99: known ? (earlier.p99 * earlier.n + later.p99 * later.n) / weigh : (earlier.p99 ?? later.p99),
  };
}

/** The share of errors; null without requests. */
export function errorShare(track: TrackPoint | null): number | null {
  return track === null || track.n === 0 ? null : track.x / track.n;
}
