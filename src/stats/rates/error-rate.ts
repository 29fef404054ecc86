import { type Bet, isCompared } from '../evidence/bet.ts';
import { decayOver } from '../evidence/decay.ts';
import {
  type Alternative,
  type BlockCounts,
  type Boundary,
  boundaryAt,
  clipRate,
  lnEBernoulliLinear,
  lnEDrawn,
  lnEPoisson,
} from '../evidence/e-value.ts';
import { logSum } from '../evidence/log-sum.ts';
import { type ColdLog, coldLog, logMixture, type OnsetMixture, openMixture, stepMixture } from '../evidence/onset.ts';
import { logParity, PARITY_GRID, type ParityProcess, stepParity, UNSHOWN } from '../evidence/parity-process.ts';

/** The margins of an error rate. Parity is inside the larger of two boundaries, so its null is their intersection. */
export interface RateMargins {
  /** Null for a rate that holds a promotion back and never rolls back. */
  readonly rollback: Boundary | null;
  readonly parity: readonly [relative: Boundary, absolute: Boundary];
  /** The effects that harm is tested for; those of errors when omitted. */
  readonly effects?: EffectGrid;
}

/** The canary's rate in each alternative, as a multiple of the rollback boundary, and the alternatives' weights. */
export interface EffectGrid {
  readonly ratios: readonly number[];
  readonly weights: readonly number[];
}

/** Everything an error metric remembers (docs/statistics.md section 3.2). */
export interface RateState {
  readonly harm: OnsetMixture | null;
  readonly relative: ParityProcess;
  readonly absolute: ParityProcess;
  /** Decayed counts of the stable's past. */
  readonly stable: PastRate;
}

/** Decayed counts, with a half-life of 10 min. */
export interface PastRate {
  readonly events: number;
  readonly requests: number;
}

/** The canary's rate in each alternative, as a multiple of the rollback boundary. */
export const RATIO_GRID: readonly number[] = [1.3, 1.8, 3, 6, 15, 60];
export const RATIO_WEIGHTS: readonly number[] = [0.15, 0.25, 0.25, 0.2, 0.1, 0.05];

const HALF_LIFE_MS = 600_000;
const PRIOR_REQUESTS = 200;
const PRIOR_RATE = 1e-3;
const LOWEST_PARITY_SHARE = 0.2;
/** Above this rate the Poisson form loses power, and the exact form is worth its projection. */
const EXACT_ABOVE = 0.1;

export function openRate(margins: RateMargins): RateState {
  return {
    harm: margins.rollback === null ? null : openMixture((margins.effects?.ratios ?? RATIO_GRID).length),
    relative: UNSHOWN,
    absolute: UNSHOWN,
    stable: { events: 0, requests: 0 },
  };
}

/** The stable's past rate, with a prior of 200 requests at 0.1 %. */
export function expectedRate({ stable: { events, requests } }: Pick<RateState, 'stable'>): number {
  return clipRate((PRIOR_REQUESTS * PRIOR_RATE + events) / (PRIOR_REQUESTS + requests));
}

/** The past with a block's stable counts added. */
export function learnStable(past: PastRate, counts: BlockCounts, durationMs: number): PastRate {
  const kept = decayOver(durationMs, HALF_LIFE_MS);
  return { events: past.events * kept + counts.xs, requests: past.requests * kept + counts.ns };
}

/**
 * Adds one block of evidence, then its stable counts to the past.
 *
 * @param settled what counts for parity and for the past, where that is not the block itself
 */
export function stepRate(
  state: RateState,
  margins: RateMargins,
  counts: BlockCounts,
  durationMs: number,
  bet: Bet,
  settled: { readonly counts: BlockCounts; readonly durationMs: number } = { counts, durationMs },
): RateState {
  const s1 = expectedRate(state);
  const stable = bet.past === 'frozen' ? state.stable : learnStable(state.stable, settled.counts, settled.durationMs);
  const harm = isCompared(counts, bet) ? stepHarm(state.harm, margins, counts, s1, bet) : state.harm;
  if (bet.parity === 'left-out' || settled.counts.nc === 0 || settled.counts.ns === 0) {
    return { ...state, harm, stable };
  }
  const [relative, absolute] = margins.parity;
  const parity = (process: ParityProcess, boundary: Boundary) =>
    stepParity(process, parityLogE(settled.counts, s1, boundary, bet.cap, bet.phi), bet.parityCeiling);
  return { harm, relative: parity(state.relative, relative), absolute: parity(state.absolute, absolute), stable };
}

function stepHarm(
  harm: RateState['harm'],
  { rollback, effects }: RateMargins,
  counts: BlockCounts,
  s1: number,
  bet: Bet,
): RateState['harm'] {
  if (harm === null || rollback === null) return null;
  const { cap, harmCap = cap, phi, spent, drawn } = bet;
  return stepMixture(harm, spent, harmLogE(counts, s1, rollback, harmCap, phi, effects?.ratios, drawn));
}

export function restartRateParity(state: RateState): RateState {
  return { ...state, relative: UNSHOWN, absolute: UNSHOWN };
}

/** Log e-value against "no worse than the rollback margin"; 0 for a rate that never rolls back. */
export function logRateHarm(state: RateState, weights: readonly number[] = RATIO_WEIGHTS): number {
  return state.harm === null ? 0 : logMixture(state.harm, weights);
}

/** The same in the last warm-up; null before the first. */
export function coldRate(state: RateState, weights: readonly number[] = RATIO_WEIGHTS): ColdLog | null {
  return state.harm === null ? null : coldLog(state.harm, weights);
}

/** Log e-value against "worse than both parity margins": the average of two processes, valid under any drift. */
export function logRateParity(state: RateState): number {
  return logSum([logParity(state.relative), logParity(state.absolute)], [0.5, 0.5]);
}

/**
 * Log e-values of a block for each ratio; an alternative inside the margin adds nothing.
 *
 * @param drawn the canary's chance of each request, for the drawn form
 */
export function harmLogE(
  counts: BlockCounts,
  s1: number,
  boundary: Boundary,
  cap: number,
  phi = 1,
  ratios: readonly number[] = RATIO_GRID,
  drawn?: number,
): readonly number[] {
  const limit = boundaryAt(boundary, s1);
  return ratios.map((ratio) => {
    const c1 = clipRate(limit * ratio);
    if (c1 <= limit) return 0;
    const log = drawn === undefined ? lnE(counts, { s1, c1 }, boundary) : lnEDrawn(counts, { s1, c1 }, boundary, drawn);
    return Math.min(cap, log / phi);
  });
}

/** Log e-values of a block for each alternative of `PARITY_GRID`; one beyond the margin adds nothing. */
export function parityLogE(
  counts: BlockCounts,
  s1: number,
  boundary: Boundary,
  cap: number,
  phi = 1,
): readonly number[] {
  const limit = boundaryAt(boundary, s1);
  return PARITY_GRID.map((towards) => {
    const c1 = clipRate(Math.max(s1 + towards * (limit - s1), LOWEST_PARITY_SHARE * s1));
    return c1 >= limit ? 0 : Math.min(cap, lnE(counts, { s1, c1 }, boundary) / phi);
  });
}

function lnE(counts: BlockCounts, alternative: Alternative, boundary: Boundary): number {
  return alternative.s1 > EXACT_ABOVE
    ? lnEBernoulliLinear(counts, alternative, boundary)
    : lnEPoisson(counts, alternative, boundary);
}
