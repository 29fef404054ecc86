import type { Track } from '../../split/order.ts';
import { ANSWER_CELLS, CELL, CELLS, MOST_SLICES, type SliceTable, type SlowMs } from '../../stats/slice.ts';
import type { SliceRows } from './slice-rows.ts';

/** Copies, because every request counts here, and V8 folds in no exported constant. */
const ROW = CELLS;
const { requests: REQUESTS, errors: ERRORS, clientErrors: CLIENT_ERRORS, answers: ANSWERS, slow: SLOW } = CELL;

/** The parts of a request that decide which slices it is in. */
export interface Sliced {
  /** See `methodIndex`. */
  readonly method: number;
  readonly path: string | null;
  readonly consumer: string | null;
  readonly upstream: string | null;
  /** 0 without an answer. */
  readonly status: number;
}

/** What a request came to; a 4xx that the policy calls an error is an error. */
export type SliceOutcome = 'error' | 'client-error' | 'other';

/** What a block's slices are counted with: their rows, and the latencies above which an answer is slow. */
export interface Slicing {
  /** See `SliceTable`. */
  readonly assignment: SliceTable['assignment'];
  readonly rows: SliceRows;
  /** Null while too little is known about the stable. */
  readonly slowMs: SlowMs | null;
  /** The same for single slices, by row; see `SliceTable`. */
  readonly ownSlowMs: Float64Array;
}

/** The slices of both versions within one block. */
export type BlockSlices = Slicing & Readonly<Record<Track, SliceTally>>;

/** This many answers of the stable begin the threshold of a slice: the slowest of them is near its p95. */
export const FIRST_ANSWERS = 20;

export function openSlices(slicing: Slicing): BlockSlices {
  return { ...slicing, stable: new SliceTally(slicing, 'stable'), canary: new SliceTally(slicing, 'canary') };
}

/** The slices of one version's randomised traffic within one block, as they grow. */
export class SliceTally {
  private readonly rows: SliceRows;
  private readonly slowMs: SlowMs | null;
  private readonly ownSlowMs: Float64Array;
  private readonly learns: boolean;
  /** Allocated at the first count, because a quiet route has many blocks. */
  private counts: Uint32Array | null = null;
  private slowest: Float64Array | null = null;

  constructor({ rows, slowMs, ownSlowMs }: Slicing, track: Track) {
    this.rows = rows;
    this.slowMs = slowMs;
    this.ownSlowMs = ownSlowMs;
    this.learns = track === 'stable';
  }

  /** A request has ended; `latencyMs` is null if its latency says nothing or is counted elsewhere. */
  count(ticket: Sliced, outcome: SliceOutcome, latencyMs: number | null): void {
    const { rows } = this;
    const { status, consumer, upstream } = ticket;
    const answer = this.answerCell(latencyMs);
    const ms = answer === 0 ? null : latencyMs;
    this.add(rows.endpoint(ticket.method, ticket.path, status), outcome, answer, ms);
    if (consumer !== null) this.add(rows.consumer(consumer), outcome, answer, ms);
    if (upstream !== null) this.add(rows.upstream(upstream), outcome, answer, null);
    if (status >= 400 || status === 0) this.add(rows.status(status), outcome, answer, null);
  }

  /** The latency so far of a request that is still open. */
  addLatency(ticket: Sliced, ms: number): void {
    const answer = this.answerCell(ms);
    if (answer === 0) return;
    const { rows } = this;
    this.addAnswer(rows.endpoint(ticket.method, ticket.path, ticket.status), answer, ms);
    if (ticket.consumer !== null) this.addAnswer(rows.consumer(ticket.consumer), answer, ms);
    if (ticket.upstream !== null) this.bump(rows.upstream(ticket.upstream), answer);
  }

  /** The counts of the first `rows` rows. */
  read(rows: number): Uint32Array {
    return this.counts?.slice(0, rows * CELLS) ?? new Uint32Array(rows * CELLS);
  }

  /** The slowest of the first answers of a row without a threshold, in ms; 0 when there were none. */
  slowestOf(row: number): number {
    return this.slowest?.[row] ?? 0;
  }

  /** 0 for a latency that is not counted. */
  private answerCell(ms: number | null): number {
    if (ms === null || this.slowMs === null) return 0;
    const [p50, p95, p99] = this.slowMs;
    if (ms <= p50) return ANSWERS;
    if (ms <= p95) return ANSWERS + 1;
    return ms <= p99 ? ANSWERS + 2 : ANSWERS + 3;
  }

  private add(row: number, outcome: SliceOutcome, answer: number, ms: number | null): void {
    this.bump(row, REQUESTS);
    if (outcome === 'error') this.bump(row, ERRORS);
    else if (outcome === 'client-error') this.bump(row, CLIENT_ERRORS);
    if (ms !== null) this.addAnswer(row, answer, ms);
    else if (answer !== 0) this.bump(row, answer);
  }

  private addAnswer(row: number, answer: number, ms: number): void {
    const slowMs = this.ownSlowMs[row] ?? 0;
    if (slowMs > 0) {
      if (ms > slowMs) this.bump(row, SLOW);
    } else if (this.learns) this.addFirst(row, ms);
    this.bump(row, answer);
  }

  private addFirst(row: number, ms: number): void {
    this.slowest ??= new Float64Array(MOST_SLICES);
    if (ms > (this.slowest[row] ?? 0) && answersAt(this.counts, row) < FIRST_ANSWERS) this.slowest[row] = ms;
  }

  private bump(row: number, cell: number): void {
    this.counts ??= new Uint32Array(MOST_SLICES * CELLS);
    const at = row * ROW + cell;
    this.counts[at] = (this.counts[at] ?? 0) + 1;
  }
}

/** Answers with a known latency in a row. */
export function answersAt(counts: ArrayLike<number> | null, row: number): number {
  const from = row * CELLS + CELL.answers;
  let sum = 0;
  for (let cell = from; cell < from + ANSWER_CELLS; cell += 1) sum += counts?.[cell] ?? 0;
  return sum;
}
