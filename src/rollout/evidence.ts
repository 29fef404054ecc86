import type { JudgeState } from '../judge/judge.ts';
import type { Verdict } from '../judge/verdict.ts';

/** What has been seen so far: overwritten at every look in the transaction of the look, never audited. */
export interface Evidence {
  readonly judge: JudgeState;
  readonly verdict: Verdict | null;
  /** The metrics source's cursor up to which blocks are part of `judge`. */
  readonly cursor: string | null;
  /** Time that counted towards the dwell of the present stage, in ms. */
  readonly dwellMs: number;
  /** Database time of the last look. */
  readonly lookedAt: number;
  /** Database time since which the ordered split was seen applied; null until then. */
  readonly appliedAt: number | null;
  readonly forced: { readonly requests: number; readonly errors: number };
  readonly blindSince: number | null;
  /** Database time since which the verdict has been `suspect`; null while it is not. */
  readonly suspectSince: number | null;
  /** Database time since which the route as a whole fails, whatever the verdict; null while it does not. */
  readonly faultSince: number | null;
  /** By how much the database's clock was set since the stage began, in ms; left out while it was not. */
  readonly steppedMs?: number;
  /** Age at which an open request counts as slow in the next collection. */
  readonly slowAfterMs: number;
}
