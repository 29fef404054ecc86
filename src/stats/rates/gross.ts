import { type Bet, isCompared } from '../evidence/bet.ts';
import type { BlockCounts, Boundary } from '../evidence/e-value.ts';
import { type Injection, logMixture, type OnsetMixture, openMixture, stepMixture } from '../evidence/onset.ts';
import { TOWARDS_ALL, TOWARDS_ALL_WEIGHTS, towardsAllLogE } from '../evidence/towards-all.ts';
import { expectedRate, learnStable, type PastRate } from './error-rate.ts';

/**
 * A test of failures that no warm-up excuses (docs/statistics.md section 3.17): null "at most twice the stable's share
 * + 10 pp". One process over the whole rollout that bets in its warm-ups alone.
 */
export interface GrossState {
  readonly harm: OnsetMixture;
  readonly stable: PastRate;
}

export const GROSS_BOUNDARY: Boundary = { rho: 2, a: 0.1 };

export function openGross(): GrossState {
  return { harm: openMixture(TOWARDS_ALL.length), stable: { events: 0, requests: 0 } };
}

/** One block. Where its counts say nothing of harm, only the past is updated. */
export function stepGross(
  state: GrossState,
  counts: BlockCounts,
  durationMs: number,
  bet: Pick<Bet, 'cap' | 'phi' | 'past' | 'drawn'> & { readonly spent: Injection },
): GrossState {
  const stable = bet.past === 'frozen' ? state.stable : learnStable(state.stable, counts, durationMs);
  if (!isCompared(counts, bet) || bet.spent === 'nothing') return { ...state, stable };
  const logE = grossLogE(counts, expectedRate(state), bet.cap, bet.phi, bet.drawn);
  return { harm: stepMixture(state.harm, bet.spent, logE), stable };
}

/**
 * Log e-values of a block for each alternative; 0 where the limit leaves no room above it.
 *
 * @param drawn the canary's chance of each request, for the drawn form
 */
export function grossLogE(counts: BlockCounts, s1: number, cap: number, phi = 1, drawn?: number): readonly number[] {
  const parts = drawn === undefined ? counts : { nc: drawn, ns: 1 - drawn };
  return towardsAllLogE(counts, parts, s1, GROSS_BOUNDARY, cap, phi);
}

export function logGross({ harm }: GrossState): number {
  return logMixture(harm, TOWARDS_ALL_WEIGHTS);
}

/**
 * The mass injected up to an instant of the n-th warm-up: over all warm-ups at most 1, half of it in the first. Half of each
 * warm-up's part is there when it begins, and the rest follows with time.
 *
 * @param entry from one
 * @param passed the share of the warm-up that has passed, from 0 to 1
 */
export function grossSpent(entry: number, passed: number): number {
  // 1/2, then 1/2 * 1/(k(k-1)) for the k-th: these telescope to 1 - 1/(2k).
  const before = entry === 1 ? 0 : 1 - 1 / (2 * (entry - 1));
  return before + coldSpent(passed) * (1 - 1 / (2 * entry) - before);
}

/** The mass injected into a process that begins anew with each warm-up. */
export function coldSpent(passed: number): number {
  return 0.5 + 0.5 * Math.min(1, Math.max(0, passed));
}
