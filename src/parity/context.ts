import type { Pace } from '../stats/pace.ts';
import type { Window } from '../stats/window.ts';

/** What a check needs beside its own state to say where it stands. */
export interface FindingContext {
  /** The blocks that the figures cover. */
  readonly figures: Window;
  /** The blocks of the present step. */
  readonly step: Window;
  readonly pace: Pace;
  /** Share of the false-rollback budget. */
  readonly budgetWeight: number;
  /** ln(1/beta) of the present step. */
  readonly logParityThreshold: number;
}
