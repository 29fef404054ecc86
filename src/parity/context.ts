import type { Policy } from '../policy/schema.ts';
import type { ValuePasts } from '../stats/answers/value-past.ts';
import type { Block, LatencyGrid, Tally } from '../stats/block.ts';
import type { Bet } from '../stats/evidence/bet.ts';
import type { Pace } from '../stats/evidence/pace.ts';
import type { Window } from '../stats/evidence/window.ts';
import type { LatencyForm } from '../stats/latency/latency-form.ts';
import type { Histogram } from '../stats/latency/log-histogram.ts';
import type { LatencyTails } from '../stats/latency/quantile.ts';
import type { Tails } from '../stats/latency/tails.ts';
import type { UnitCounts } from '../stats/units/unit-ledger.ts';
import type { ShareOf } from './stake.ts';

/** The dispersion by which evidence is divided, estimated from the past: for shares of requests, and for latencies. */
export interface Tempering {
  readonly rate: number;
  readonly latency: number;
}

/** Blocks that were merged, and their latencies; nothing while they are incomplete. */
export interface Settled {
  readonly block: Block;
  readonly latency: BlockLatency;
}

/** Latencies of one block. */
export interface BlockLatency {
  readonly canary: Histogram;
  readonly stable: Histogram;
}

/** What is compared of a number: how long answers take to their head or to their end, or anything else that they carry. */
export interface Quantity {
  /** The stable's, before the block. */
  readonly past: Tails;
  readonly counts: LatencyTails;
  readonly grid: LatencyGrid;
  /** The dispersion by which evidence is divided. */
  readonly phi: number;
}

/** One block as every check sees it. Everything but the block itself was known beforehand. */
export interface Sight {
  readonly policy: Policy;
  readonly block: Block;
  /**
   * The randomised comparison, as evidence of harm: without a canary where the split leaves nothing to compare. Where there
   * is little traffic it is several blocks in one, or nothing until these are complete.
   */
  readonly compared: Block;
  /** What of it counts for parity, becomes past, and as harm where latencies are compared: null for the same. */
  readonly settled: Settled | null;
  /** The traffic to which the canary's own limits apply, listed consumers included; null when it has none. */
  readonly guarded: Tally | null;
  /** How the randomised traffic of the rollout is assigned. */
  readonly assignment: 'per-request' | 'by-key';
  /** Whose values can be judged: both versions' side by side, the canary's for a limit of its own, or none. */
  readonly of: 'both' | 'canary' | 'none';
  readonly phase: 'warm-up' | 'judged';
  /** The warm-up that the block is part of, counted from one, and how much of it has passed, from 0 to 1; null outside. */
  readonly warmUp: { readonly entry: number; readonly passed: number } | null;
  readonly split: 'same-split' | 'split-changed';
  /** Start of the first block of the present split, by the gateway's clock. */
  readonly splitSince: number;
  /** The form of the latencies; null before the first block with any. */
  readonly form: LatencyForm | null;
  /** The latencies of `compared`, on the grid of the form. */
  readonly latency: BlockLatency;
  /** The stable's latencies before this block. */
  readonly past: Tails;
  /** The stable's values before this block, by the names of what answers carry. */
  readonly valuePasts: ValuePasts;
  /** Buckets by which the rollback margins of latencies are wider, because chance did not assign the canary's addresses. */
  readonly allowance: number;
  /** The bet on a share of requests; latencies and guards use the same with their own `phi` and `spent`. */
  readonly bet: Bet;
  /** The same for the tests of which each warm-up has processes of its own, with the cap that belongs to their share. */
  readonly interrupted: Bet;
  readonly phi: Tempering;
  readonly shareOf: ShareOf;
  /** Mass of the onset mixture for checks that watch the canary through the bake. */
  readonly guardsSpent: number;
}

/** What the units did under the present weight, and what was known beforehand. */
export interface UnitSight {
  readonly policy: Policy;
  /** `uncounted`: the source does not know the keys. */
  readonly counts: UnitCounts | 'uncounted';
  /** End of the last block, by the gateway's clock. */
  readonly now: number;
  /** The policy's step, by its index; parity is shown for it. */
  readonly stepIndex: number;
  readonly logParityThreshold: number;
  readonly nextWeightsBps: readonly number[];
  /** The stable's past latencies, and their grid. */
  readonly past: Tails;
  readonly grid: LatencyGrid;
}

/** What a check needs, besides its own state, to report under one of its names. */
export interface FindingContext {
  /** The blocks that the figures cover. */
  readonly figures: Window;
  /** The blocks of the present step. */
  readonly step: Window;
  /** The latencies of `figures`. */
  readonly latency: { readonly canary: Tails; readonly stable: Tails };
  /** The grid of those, and of the reference. */
  readonly grid: LatencyGrid;
  /** Buckets by which the rollback margins of latencies are wider, for the addresses of the canary. */
  readonly allowance: number;
  readonly pace: Pace;
  /** Share of the false-rollback budget. */
  readonly budgetWeight: number;
  /** What evidence is currently divided by. */
  readonly phi: Tempering;
  /** ln(1/beta) of the present step. */
  readonly logParityThreshold: number;
  /** How long the step may stay undecided before a person is paged; null where nothing is compared. */
  readonly patienceMs: number | null;
  /** The next weights of the policy, in basis points. */
  readonly nextWeightsBps: readonly number[];
}

/** The same for all names of a check. */
export interface LookContext extends Omit<FindingContext, 'budgetWeight'> {
  readonly shareOf: ShareOf;
  /** The stable's past latencies. */
  readonly past: Tails;
  /** The stable's past values, by the names of what answers carry. */
  readonly valuePasts: ValuePasts;
  /** The form of the latencies; null before the first block with any. */
  readonly form: LatencyForm | null;
  readonly warmUpLeftMs: number;
  /** The log thresholds for evidence of harm. */
  readonly thresholds: { readonly harm: number; readonly hold: number };
}
