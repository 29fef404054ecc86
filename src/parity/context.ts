import type { LatencyGrid } from '../stats/block.ts';
import type { Pace } from '../stats/evidence/pace.ts';
import type { Window } from '../stats/evidence/window.ts';
import type { Tails } from '../stats/latency/tails.ts';

/** What a check needs beside its own state to say where it stands. */
export interface FindingContext {
  /** The blocks that the figures cover. */
  readonly figures: Window;
  /** The blocks of the present step. */
  readonly step: Window;
  /** The latencies of `figures`. */
  readonly latency: { readonly canary: Tails; readonly stable: Tails };
  /** The grid of those, and of the reference. */
  readonly grid: LatencyGrid;
  readonly pace: Pace;
  /** Share of the false-rollback budget. */
  readonly budgetWeight: number;
  /** What evidence is divided by now. */
  readonly phi: { readonly rate: number; readonly latency: number };
  /** ln(1/beta) of the present step. */
  readonly logParityThreshold: number;
  /** The next weights of the policy, in basis points. */
  readonly nextWeightsBps: readonly number[];
}
