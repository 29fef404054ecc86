import type { Track } from '../../split/order.ts';
import { ANSWER_CELLS, CELL, CELLS, MOST_SLICES, type SlowMs } from '../../stats/slice.ts';
import type { SliceRows } from './slice-rows.ts';

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

/** What a block's slices are counted with: their rows, and the latencies above which an answer is slow. */
export interface Slicing {
  readonly rows: SliceRows;
  /** Null while too little is known about the stable. */
  readonly slowMs: SlowMs | null;
  /** The same for single slices, by row; see `SliceTable`. */
  readonly ownSlowMs: Float64Array;
}

/** The slices of both versions within one block. */
export type BlockSlices = Slicing & Readonly<Record<Track, SliceTally>>;

export function openSlices({ rows, slowMs }: Slicing): BlockSlices {
  return { rows, slowMs, stable: new SliceTally(rows, slowMs), canary: new SliceTally(rows, slowMs) };
}

/** The slices of one version's randomised traffic within one block, as they grow. */
export class SliceTally {
  private readonly rows: SliceRows;
  private readonly slowMs: SlowMs | null;
  private readonly ownSlowMs: Float64Array;
  /** Allocated at the first count, because a quiet route has many blocks. */
  private counts: Uint32Array | null = null;
  private slowest: Float64Array | null = null;

  constructor(rows: SliceRows, slowMs: SlowMs | null) {
    this.rows = rows;
    this.slowMs = slowMs;
  }

  /** A request has ended; `latencyMs` is null if its latency says nothing or is counted elsewhere. */
  count(ticket: Sliced, outcome: 'error' | 'other', latencyMs: number | null): void {
    const { rows } = this;
    const { status, consumer, upstream } = ticket;
    const answer = this.answerCell(latencyMs);
    this.add(rows.endpoint(ticket.method, ticket.path, status), outcome, answer);
    if (consumer !== null) this.add(rows.consumer(consumer), outcome, answer);
    if (upstream !== null) this.add(rows.upstream(upstream), outcome, answer);
    if (status >= 400 || status === 0) this.add(rows.status(status), outcome, answer);
  }

  /** The latency so far of a request that is still open. */
  addLatency(ticket: Sliced, ms: number): void {
    const answer = this.answerCell(ms);
    if (answer === 0) return;
    const { rows } = this;
    this.bump(rows.endpoint(ticket.method, ticket.path, ticket.status), answer);
    if (ticket.consumer !== null) this.bump(rows.consumer(ticket.consumer), answer);
    if (ticket.upstream !== null) this.bump(rows.upstream(ticket.upstream), answer);
  }

  /** The counts of the first `rows` rows. */
  read(rows: number): Uint32Array {
    return this.counts?.slice(0, rows * CELLS) ?? new Uint32Array(rows * CELLS);
  }

  /** 0 for a latency that is not counted. */
  private answerCell(ms: number | null): number {
    if (ms === null || this.slowMs === null) return 0;
    const [p50, p95, p99] = this.slowMs;
    if (ms <= p50) return CELL.answers;
    if (ms <= p95) return CELL.answers + 1;
    return ms <= p99 ? CELL.answers + 2 : CELL.answers + 3;
  }

  private add(row: number, outcome: 'error' | 'other', answer: number): void {
    this.bump(row, CELL.requests);
    if (outcome === 'error') this.bump(row, CELL.errors);
    if (answer !== 0) this.bump(row, answer);
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
