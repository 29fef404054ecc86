/**
 * What requests have in common: the endpoint they ask for, the consumer who asks, the address that serves, the answer
 * they get. Every request has one endpoint; of the others it may have none.
 */
export type SliceDimension = 'endpoint' | 'consumer' | 'upstream' | 'status';

export interface SliceName {
  readonly dimension: SliceDimension;
  /** `POST /orders/{id}`, a consumer's name, `10.0.0.3`, `503`; `other` for what found no slice of its own. */
  readonly name: string;
}

/** The most slices a version has, "other" of each dimension among them. */
export const MOST_SLICES = 200;

/**
 * What is counted in a slice, at these places from `row * CELLS` on. Answers are those whose latency is known: they
 * are counted by how many of the stable's p50, p95 and p99 they are above.
 */
export const CELL = { requests: 0, errors: 1, answers: 2 } as const;
export const CELLS = 6;

/** Latencies above which an answer is slow: the stable's p50, p95 and p99 as its past has them, in ms. */
export type SlowMs = readonly [p50: number, p95: number, p99: number];

export const SLOW_LEVELS = [0.5, 0.95, 0.99] as const;

/** The slices of one block of randomised traffic, the counts of both versions by row. */
export interface SliceBlock {
  /** Wall-clock start in epoch milliseconds. */
  readonly startedAt: number;
  readonly durationMs: number;
  readonly splitEpoch: number;
  /** By row; there may be more names than rows. */
  readonly slices: readonly SliceName[];
  readonly canary: ArrayLike<number>;
  readonly stable: ArrayLike<number>;
  /** Null while too little of the stable is known; no answer is counted then. */
  readonly slowMs: SlowMs | null;
}
