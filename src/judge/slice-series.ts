import type { BlockCounts } from '../stats/evidence/e-value.ts';
import { ANSWER_CELLS, CELL, CELLS, MOST_SLICES, type SliceBlock, type SliceDimension } from '../stats/slice.ts';

/**
 * Errors or 4xx among requests, answers above the stable's p50, p95 or p99 among those whose latency is known, or answers
 * above the slice's own p95 among requests.
 */
export type SliceMeasure = 'errors' | 'clientErrors' | 'p50' | 'p95' | 'p99' | 'slow';

export interface SlicePoint {
  readonly at: number;
  readonly durationMs: number;
  readonly splitEpoch: number;
  readonly counts: BlockCounts;
}

export interface SliceSums {
  readonly n: number;
  readonly x: number;
}

/** One slice over the blocks. The sums cover the same blocks as the figures, are for display, and are never tested. */
export interface SliceSeries {
  readonly dimension: SliceDimension;
  readonly name: string;
  readonly canary: SliceSums;
  readonly stable: SliceSums;
  /** Events of the canary beyond the stable's share, computed per block: a pooled difference would follow the split. */
  readonly excess: number;
  /** The single blocks, oldest first; built on demand, because most slices are never tested. */
  points(): readonly SlicePoint[];
}

interface Growing {
  readonly dimension: SliceDimension;
  readonly name: string;
  readonly canary: { n: number; x: number };
  readonly stable: { n: number; x: number };
  excess: number;
  /** Index of a block and row in it, as one number. */
  readonly places: number[];
}

/** The blocks transposed: a series for each slice that a block has counts of. */
export function seriesOf(blocks: readonly SliceBlock[], measure: SliceMeasure, since: number): readonly SliceSeries[] {
  const bySlice = new Map<string, Growing>();
  const wholes = blocks.map((block) => wholeOf(block, measure));
  let names: SliceBlock['slices'] | null = null;
  let growing: (Growing | undefined)[] = [];
  for (const [index, block] of blocks.entries()) {
    const whole = wholes[index];
    if (whole === undefined) continue;
    // Blocks of one canary share their names, so that a row need not be looked up by name in each.
    if (block.slices !== names) growing = [];
    names = block.slices;
    const rows = block.canary.length / CELLS;
    for (let row = 0; row < rows; row += 1) {
      const slice = block.slices[row];
      if (slice === undefined || !hasMeasure(slice.dimension, measure)) continue;
      const counts = countsOf(block, row, measure, slice.dimension, whole);
      if (counts.nc === 0 && counts.ns === 0) continue;
      const series = growing[row] ?? seriesNamed(bySlice, slice);
      growing[row] = series;
      series.places.push(index * MOST_SLICES + row);
      if (block.startedAt >= since) addTo(series, counts);
    }
  }
  const pointOf = (place: number, dimension: SliceDimension): SlicePoint[] => {
    const index = Math.floor(place / MOST_SLICES);
    const block = blocks[index];
    const whole = wholes[index];
    if (block === undefined || whole === undefined) return [];
    const { startedAt: at, durationMs, splitEpoch } = block;
    return [{ at, durationMs, splitEpoch, counts: countsOf(block, place % MOST_SLICES, measure, dimension, whole) }];
  };
  return Array.from(bySlice.values(), ({ places, ...series }) => ({
    ...series,
    points: () => places.flatMap((place) => pointOf(place, series.dimension)),
  }));
}

function seriesNamed(bySlice: Map<string, Growing>, { dimension, name }: SliceBlock['slices'][number]): Growing {
  const key = `${dimension} ${name}`;
  const known = bySlice.get(key);
  if (known) return known;
  const series = { dimension, name, canary: { n: 0, x: 0 }, stable: { n: 0, x: 0 }, excess: 0, places: [] };
  bySlice.set(key, series);
  return series;
}

function addTo(series: Growing, { nc, xc, ns, xs }: BlockCounts): void {
  series.canary.n += nc;
  series.canary.x += xc;
  series.stable.n += ns;
  series.stable.x += xs;
  if (ns > 0) series.excess += xc - (nc * xs) / ns;
}

/**
 * What is compared in one row. A status is an outcome: if it is an error, its requests are events among all
 * requests. An address serves one version only: the canary's is compared with the whole stable.
 */
function countsOf(
  { canary, stable }: SliceBlock,
  row: number,
  measure: SliceMeasure,
  dimension: SliceDimension,
  whole: BlockCounts,
): BlockCounts {
  const at = row * CELLS;
  const nc = trialsAt(canary, at, measure);
  switch (dimension) {
    case 'endpoint':
    case 'consumer': {
      const ns = trialsAt(stable, at, measure);
      return { nc, xc: eventsAt(canary, at, measure), ns, xs: eventsAt(stable, at, measure) };
    }
    case 'upstream':
      return { nc, xc: eventsAt(canary, at, measure), ns: whole.ns, xs: whole.xs };
    case 'status':
      return { nc: whole.nc, xc: eventsAt(canary, at, measure), ns: whole.ns, xs: eventsAt(stable, at, measure) };
  }
}

// A latency has no status, and an address has no answers of the stable that a threshold of its own could come from.
function hasMeasure(dimension: SliceDimension, measure: SliceMeasure): boolean {
  if (dimension === 'status') return measure === 'errors' || measure === 'clientErrors';
  return dimension !== 'upstream' || measure !== 'slow';
}

/** Every request has exactly one endpoint, so these add up to the whole version. */
function wholeOf({ slices, canary, stable }: SliceBlock, measure: SliceMeasure): BlockCounts {
  const whole = { nc: 0, xc: 0, ns: 0, xs: 0 };
  for (let at = 0; at < canary.length; at += CELLS) {
    if (slices[at / CELLS]?.dimension !== 'endpoint') continue;
    whole.nc += trialsAt(canary, at, measure);
    whole.xc += eventsAt(canary, at, measure);
    whole.ns += trialsAt(stable, at, measure);
    whole.xs += eventsAt(stable, at, measure);
  }
  return whole;
}

function trialsAt(counts: ArrayLike<number>, at: number, measure: SliceMeasure): number {
  const isOfRequests = measure === 'errors' || measure === 'clientErrors' || measure === 'slow';
  return isOfRequests ? (counts[at + CELL.requests] ?? 0) : answersFrom(counts, at, 0);
}

function eventsAt(counts: ArrayLike<number>, at: number, measure: SliceMeasure): number {
  switch (measure) {
    case 'errors':
      return counts[at + CELL.errors] ?? 0;
    case 'clientErrors':
      return counts[at + CELL.clientErrors] ?? 0;
    case 'slow':
      return counts[at + CELL.slow] ?? 0;
    case 'p50':
      return answersFrom(counts, at, 1);
    case 'p95':
      return answersFrom(counts, at, 2);
    case 'p99':
      return answersFrom(counts, at, 3);
  }
}

/** Answers above at least this many of the stable's quantiles. */
function answersFrom(counts: ArrayLike<number>, at: number, level: number): number {
  let sum = 0;
  for (let cell = at + CELL.answers + level; cell < at + CELL.answers + ANSWER_CELLS; cell += 1)
    sum += counts[cell] ?? 0;
  return sum;
}
