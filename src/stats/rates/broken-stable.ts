import { lnBernoulliRatio } from '../evidence/e-value.ts';
import { logSum } from '../evidence/log-sum.ts';

/** Requests of one version, and how many of them failed or were not answered in time. */
export interface Failures {
  readonly sent: number;
  readonly failed: number;
}

/** What is known of a stable that may be broken (docs/statistics.md section 3.11). */
export interface BrokenStable {
  /** Log evidence against "the stable fails at most half of its requests": never below 0, so that it follows the present. */
  readonly log: number;
  /** The counts since it was last 0. */
  readonly stable: Failures;
  readonly canary: Failures;
}

/** With more failures than this the stable has too few answers to compare latencies with, and no share to be held against. */
const HALF = 0.5;
const RATES: readonly number[] = [0.51, 0.55, 0.7, 0.975];
const WEIGHTS: readonly number[] = [0.25, 0.25, 0.25, 0.25];
/** As far above its threshold as parity: a stable that was mended is known to be in a few blocks. */
const CEILING_ABOVE_HOLD = 3;

const NONE: Failures = { sent: 0, failed: 0 };
export const SOUND_STABLE: BrokenStable = { log: 0, stable: NONE, canary: NONE };

/** One block in which the stable served; the canary's counts are for display. */
export function stepBrokenStable(
  state: BrokenStable,
  block: { readonly stable: Failures; readonly canary: Failures },
  { cap, logHold }: { readonly cap: number; readonly logHold: number },
): BrokenStable {
  const { sent, failed } = block.stable;
  if (sent === 0) return state;
  const logE = logSum(
    RATES.map((rate) => Math.min(cap, lnBernoulliRatio(sent, failed, rate, HALF))),
    WEIGHTS,
  );
  const log = Math.min(logHold + CEILING_ABOVE_HOLD, state.log + logE);
  if (log <= 0) return SOUND_STABLE;
  return { log, stable: add(state.stable, block.stable), canary: add(state.canary, block.canary) };
}

function add(left: Failures, right: Failures): Failures {
  return { sent: left.sent + right.sent, failed: left.failed + right.failed };
}
