import type { Boundary } from '../evidence/e-value.ts';
import { logMixture, type OnsetMixture, openMixture, stepMixture } from '../evidence/onset.ts';

/**
 * Whether the canary answers otherwise than the stable in one field (docs/statistics.md section 3.25). Of each request that was
 * compared the stable answered twice: where only the canary's answer is another, the field went against it, and where only
 * the stable's second one is, for it. Null: the former comes to at most rho times the latter, and a share `a` of the requests,
 * whatever was seen before. Exact, for every rate and every drift.
 */
export type PairTest = OnsetMixture;

/** One field in one block. */
export interface PairCounts {
  /** Requests that were compared at its place. */
  readonly of: number;
  /** Of these, where the canary's alone was another, and where the stable's second alone was. */
  readonly against: number;
  readonly by: number;
}

/** How much of the largest possible bet each alternative puts in, and its weight. */
const BETS: readonly number[] = [0.1, 0.35, 0.7, 0.95];
const WEIGHTS: readonly number[] = [0.15, 0.2, 0.2, 0.45];

export function openPairs(): PairTest {
  return openMixture(BETS.length);
}

/**
 * @param spent the mass of the onset injected up to and with this block
 * @param cap the most that a block adds to an alternative
 */
export function stepPairs(test: PairTest, counts: PairCounts, margin: Boundary, spent: number, cap: number): PairTest {
  return stepMixture(
    test,
    spent,
    answerPairLogE(counts, margin).map((log) => Math.min(cap, log)),
  );
}

export function logPairs(test: PairTest): number {
  return logMixture(test, WEIGHTS);
}

/**
 * Log e-values of a block for each alternative: of each request 1 + b (against - rho by - a), whose mean is at most 1.
 *
 * @example answerPairLogE({ of: 10, against: 9, by: 0 }, { rho: 1, a: 0 })[3] // 6.0104...
 */
export function answerPairLogE({ of, against, by }: PairCounts, { rho, a }: Boundary): readonly number[] {
  return BETS.map((part) => {
    const bet = part / (rho + a);
    return (
      against * Math.log1p(bet * (1 - a)) +
      by * Math.log1p(-bet * (rho + a)) +
      Math.max(0, of - against - by) * Math.log1p(-bet * a)
    );
  });
}
