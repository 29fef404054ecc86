import type { Track } from '../../split/order.ts';
import { UNITS } from '../../split/unit-draw.ts';
import { UNIT_CELL, UNIT_CELLS, type UnitBlock, type UnitEdges } from '../../stats/units/unit-block.ts';
import type { SliceOutcome } from './slice-tally.ts';

/** The parts of a request that decide its unit. */
export interface OfUnit {
  /** Null if it was not drawn by a unit. */
  readonly unit: number | null;
  readonly track: Track;
}

const FIRST_ROWS = 64;
const QUANTILES = 3;
/** Copies, because every request counts here, and V8 folds in no exported constant. */
const CELLS = UNIT_CELLS;
const { requests: REQUESTS, errors: ERRORS, answers: ANSWERS, clientErrors: CLIENT_ERRORS } = UNIT_CELL;
const { above: ABOVE, beyond: BEYOND, score: SCORE } = UNIT_CELL;

/** The units of both versions within one block, as they grow: a row for each unit that has traffic. */
export class UnitTally {
  private readonly edges: UnitEdges | null;
  /** By unit its row and one more; allocated at the first count, because a quiet route has many blocks. */
  private rows: Uint16Array | null = null;
  private used = 0;
  private cells = new Float64Array(FIRST_ROWS * UNIT_CELLS);
  private onCanary = new Uint8Array(FIRST_ROWS);

  constructor(edges: UnitEdges | null) {
    this.edges = edges;
  }

  get isEmpty(): boolean {
    return this.used === 0;
  }

  /** A request has ended; `latencyMs` is null if its latency says nothing or is counted elsewhere. */
  count({ unit, track }: OfUnit, outcome: SliceOutcome, latencyMs: number | null): void {
    if (unit === null) return;
    const at = this.rowOf(unit, track) * CELLS;
    this.bump(at + REQUESTS, 1);
    if (outcome === 'error') this.bump(at + ERRORS, 1);
    else if (outcome === 'client-error') this.bump(at + CLIENT_ERRORS, 1);
    if (latencyMs !== null) this.addAnswer(at, track, latencyMs);
  }

  /** The latency so far of a request that is still open. */
  addLatency({ unit, track }: OfUnit, ms: number): void {
    if (unit !== null) this.addAnswer(this.rowOf(unit, track) * CELLS, track, ms);
  }

  read(block: Pick<UnitBlock, 'startedAt' | 'durationMs' | 'splitEpoch' | 'canaryBps'>): UnitBlock {
    const { rows, used, edges } = this;
    const units = new Uint16Array(used);
    const onCanary = new Uint8Array(used);
    const cells = new Float64Array(used * UNIT_CELLS);
    let to = 0;
    for (let unit = 0; rows !== null && unit < UNITS; unit++) {
      const row = (rows[unit] ?? 0) - 1;
      if (row < 0) continue;
      units[to] = unit;
      onCanary[to] = this.onCanary[row] ?? 0;
      cells.set(this.cells.subarray(row * UNIT_CELLS, (row + 1) * UNIT_CELLS), to * UNIT_CELLS);
      to++;
    }
    return { ...block, units, onCanary, cells, edges };
  }

  private addAnswer(at: number, track: Track, ms: number): void {
    const { edges } = this;
    if (edges === null) return;
    const isCanary = track === 'canary';
    const above = isCanary ? edges.harm : edges.stable;
    const bins = isCanary ? edges.canaryBins : edges.bins;
    this.bump(at + ANSWERS, 1);
    for (let quantile = 0; quantile < QUANTILES; quantile++) {
      if (ms > (above[quantile] ?? 0)) this.bump(at + ABOVE + quantile, 1);
      if (isCanary && ms > (edges.parity[quantile] ?? 0)) this.bump(at + BEYOND + quantile, 1);
    }
    let bin = 0;
    while (bin < bins.length && ms > (bins[bin] ?? 0)) bin++;
    this.bump(at + SCORE, edges.scores[bin] ?? 0);
  }

  private bump(cell: number, by: number): void {
    this.cells[cell] = (this.cells[cell] ?? 0) + by;
  }

  private rowOf(unit: number, track: Track): number {
    this.rows ??= new Uint16Array(UNITS);
    const held = this.rows[unit] ?? 0;
    if (held > 0) return held - 1;
    const row = this.used++;
    if (row === this.onCanary.length) this.grow();
    this.rows[unit] = row + 1;
    if (track === 'canary') this.onCanary[row] = 1;
    return row;
  }

  private grow(): void {
    const cells = new Float64Array(2 * this.cells.length);
    cells.set(this.cells);
    this.cells = cells;
    const onCanary = new Uint8Array(2 * this.onCanary.length);
    onCanary.set(this.onCanary);
    this.onCanary = onCanary;
  }
}
