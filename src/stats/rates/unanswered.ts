import type { Block, Tally } from '../block.ts';
import { type Bet, isCompared } from '../evidence/bet.ts';
import { type BlockCounts, type Boundary, boundaryAt, clipRate, lnEDrawn, lnEPoisson } from '../evidence/e-value.ts';
import { type ColdLog, coldLog, logMixture, type OnsetMixture, openMixture, stepMixture } from '../evidence/onset.ts';
import { expectedRate, learnStable, type PastRate } from './error-rate.ts';

/**
 * The test against unanswered requests (docs/statistics.md section 3.10 a): null "at most twice the stable's
 * share + 0.5 pp".
 */
export interface UnansweredState {
  readonly harm: OnsetMixture;
  readonly stable: PastRate;
}

export const UNANSWERED_BOUNDARY: Boundary = { rho: 2, a: 0.005 };

const RATES: readonly number[] = [0.03, 0.1, 0.4, 0.95];
const WEIGHTS: readonly number[] = [0.2, 0.2, 0.3, 0.3];

export function openUnanswered(): UnansweredState {
  return { harm: openMixture(RATES.length), stable: { events: 0, requests: 0 } };
}

/** Requests sent, as far as the block can tell: those that ended, and those that are overdue. */
export function sentRequests(tally: Tally | null): number {
  return tally === null ? 0 : tally.requests + (tally.unanswered ?? 0);
}

type UnansweredBlock = Pick<Block, 'canary' | 'stable' | 'durationMs'>;

/** One block, then its stable counts, or those of `settled`, become past. */
export function stepUnanswered(
  state: UnansweredState,
  block: UnansweredBlock,
  bet: Bet,
  settled: UnansweredBlock = block,
): UnansweredState {
  const { cap, harmCap = cap, phi, spent, drawn } = bet;
  const counts = countsOf(block);
  const stable =
    bet.past === 'frozen' ? state.stable : learnStable(state.stable, countsOf(settled), settled.durationMs);
  if (!isCompared(counts, bet)) return { ...state, stable };
  const logE = unansweredLogE(counts, expectedRate(state), harmCap, phi, drawn);
  return { harm: stepMixture(state.harm, spent, logE), stable };
}

function countsOf({ canary, stable }: UnansweredBlock): BlockCounts {
  return {
    nc: sentRequests(canary),
    xc: canary?.unanswered ?? 0,
    ns: sentRequests(stable),
    xs: stable?.unanswered ?? 0,
  };
}

export function logUnansweredHarm(state: UnansweredState): number {
  return logMixture(state.harm, WEIGHTS);
}

/** The same in the last warm-up; null before the first. */
export function coldUnanswered(state: UnansweredState): ColdLog | null {
  return coldLog(state.harm, WEIGHTS);
}

/** Log e-values of a block for each of four rates; one inside the margin adds nothing. */
export function unansweredLogE(
  counts: BlockCounts,
  s1: number,
  cap: number,
  phi = 1,
  drawn?: number,
): readonly number[] {
  return RATES.map((rate) => {
    const c1 = clipRate(rate);
    if (c1 <= boundaryAt(UNANSWERED_BOUNDARY, s1)) return 0;
    const log =
      drawn === undefined
        ? lnEPoisson(counts, { s1, c1 }, UNANSWERED_BOUNDARY)
        : lnEDrawn(counts, { s1, c1 }, UNANSWERED_BOUNDARY, drawn);
    return Math.min(cap, log / phi);
  });
}
