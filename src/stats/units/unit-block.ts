/**
 * Latencies in ms above which the answers of a unit are counted. Those of the canary are the stable's, shifted by the
 * margins. Fixed from the past, before the block began.
 */
export interface UnitEdges {
  /** The stable's p50, p95 and p99. */
  readonly stable: readonly [p50: number, p95: number, p99: number];
  /** The same, shifted by the rollback margins. */
  readonly harm: readonly [p50: number, p95: number, p99: number];
  /** The same, shifted by the parity margins. */
  readonly parity: readonly [p50: number, p95: number, p99: number];
  /** Upper edges of all but the last bin of the mean score: the stable's quantiles at .1 .25 .5 .75 .9 .95 .99. */
  readonly bins: readonly number[];
  /** The same for the canary, shifted by the rollback margin of dominance. */
  readonly canaryBins: readonly number[];
  /** The score of each bin, one more than there are edges. */
  readonly scores: readonly number[];
}

/**
 * What is counted for a unit, at these offsets from `row * UNIT_CELLS`. `above` is three cells, for p50, p95 and p99: above
 * the stable's own edges for a unit of the stable, above those of the rollback margins for one of the canary. `beyond`
 * is the same for the parity margins, and stays 0 for the stable. `score` is the sum of the scores.
 */
export const UNIT_CELL = {
  requests: 0,
  errors: 1,
  answers: 2,
  above: 3,
  beyond: 6,
  score: 9,
  clientErrors: 10,
} as const;
export const UNIT_CELLS = 11;

/** The randomised traffic of one block by unit: only units that had any. A unit belongs to one version within a block. */
export interface UnitBlock {
  /** Wall-clock start in epoch milliseconds. */
  readonly startedAt: number;
  readonly durationMs: number;
  readonly splitEpoch: number;
  readonly canaryBps: number;
  /** The unit of each row, rising. */
  readonly units: Uint16Array;
  /** Whether the unit of the row was served by the canary: 1 or 0. */
  readonly onCanary: Uint8Array;
  readonly cells: Float64Array;
  /** Null while too little is known of the stable: no answers are counted then. */
  readonly edges: UnitEdges | null;
}

/**
 * Where each unit stands in the order in which a rollout takes units to the canary: u in [0, 1), independent of each other
 * and of everything the unit did. A unit is on the canary while u is below the weight. 1 for those that come last.
 */
export type UnitDraws = Float64Array;
