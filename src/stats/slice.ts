/**
 * What requests have in common: the endpoint, the consumer, the upstream address that serves them, and the status
 * of the response. Every request has one endpoint; the others are optional.
 */
export type SliceDimension = 'endpoint' | 'consumer' | 'upstream' | 'status';

export interface SliceName {
  readonly dimension: SliceDimension;
  /** `POST /orders/{id}`, a consumer's name, `10.0.0.3`, `503`; `other` for requests without a slice of their own. */
  readonly name: string;
}

/** The maximum number of slices per version, including "other" of each dimension. */
export const MOST_SLICES = 200;

/**
 * What is counted in a slice, at these offsets from `row * CELLS`. Answers are those with a known latency: they
 * are counted by how many of the stable's p50, p95 and p99 they are above, in four cells. `slow` are those above the
 * slice's own threshold, while it has one.
 */
export const CELL = { requests: 0, errors: 1, answers: 2, clientErrors: 6, slow: 7 } as const;
export const CELLS = 8;
export const ANSWER_CELLS = 4;

/** Latencies above which an answer is slow: the stable's p50, p95 and p99 from its past, in ms. */
export type SlowMs = readonly [p50: number, p95: number, p99: number];

export const SLOW_LEVELS = [0.5, 0.95, 0.99] as const;

/** The slices of one block of randomised traffic: the counts of both versions by row. */
export interface SliceTable {
  /** How the requests counted here were assigned: each drawn by itself, or with its sticky key; null if nobody can say. */
  readonly assignment: 'per-request' | 'by-key' | null;
  /** By row; there may be more names than rows. */
  readonly slices: readonly SliceName[];
  readonly canary: ArrayLike<number>;
  readonly stable: ArrayLike<number>;
  /** Null while too little is known of the stable; no answers are counted then. */
  readonly slowMs: SlowMs | null;
  /**
   * By row: the latency in ms above which an answer is slow for this slice, near the stable's p95 in it, from blocks
   * before; 0 or missing while it is not known.
   */
  readonly ownSlowMs: ArrayLike<number>;
}

/** The same with the block's place in time. */
export interface SliceBlock extends SliceTable {
  /** Wall-clock start in epoch milliseconds. */
  readonly startedAt: number;
  readonly durationMs: number;
  readonly splitEpoch: number;
}
