import type { Bet } from '../evidence/bet.ts';
import type { Walk } from '../evidence/first-passage.ts';
import { logSum } from '../evidence/log-sum.ts';
import { type OnsetMixture, openMixture, stepMixture } from '../evidence/onset.ts';

/**
 * Pairs of probes: the same request to both versions, in an order that chance decides, because the second finds warm caches
 * (docs/statistics.md section 3.20). A sign test, exact whatever the latencies are: no pair adds more than ln 2.
 */
export interface ProbeTest {
  readonly harm: OnsetMixture;
  /** The log of each bet's process, restarted at each stage. */
  readonly parity: readonly number[];
}

/** Pairs of one block that went against the canary, and for it. */
export interface Signs {
  readonly won: number;
  readonly lost: number;
}

const BETS: readonly number[] = [0.2, 0.5, 0.8, 0.95];
export const PROBE_WEIGHTS: readonly number[] = [0.2, 0.3, 0.25, 0.25];
const NOT_BEGUN: readonly number[] = BETS.map(() => 0);

/** The most that one pair adds to the evidence. */
export const LARGEST_PROBE_BET = Math.log1p(Math.max(...BETS));

export function openProbes(): ProbeTest {
  return { harm: openMixture(BETS.length), parity: NOT_BEGUN };
}

export function restartProbeParity(test: ProbeTest): ProbeTest {
  return { ...test, parity: NOT_BEGUN };
}

/**
 * One block of pairs.
 *
 * @param slower pairs in which the canary was slower than the rollback margin allows, and in which it was not
 * @param within pairs in which it was within the parity margin, and in which it was not
 */
export function stepProbes(test: ProbeTest, slower: Signs, within: Signs, bet: Bet): ProbeTest {
  const capped = (logs: readonly number[]) => logs.map((log) => Math.min(bet.cap, log));
  const harm = stepMixture(test.harm, bet.spent, capped(probeLogE(slower)));
  if (bet.parity === 'left-out') return { ...test, harm };
  const logs = capped(probeLogE(within));
  return { harm, parity: test.parity.map((log, index) => Math.min(bet.parityCeiling, log + (logs[index] ?? 0))) };
}

/** Log e-values against "won with a probability of at most 1/2", one for each bet. */
export function probeLogE({ won, lost }: Signs): readonly number[] {
  return BETS.map((bet) => won * Math.log1p(bet) + lost * Math.log1p(-bet));
}

/**
 * What one pair adds to each bet where it is won with this chance.
 *
 * @param chance 0..1
 */
export function probeWalks(chance: number): readonly { readonly weight: number; readonly walk: Walk }[] {
  const [won, lost] = [probeLogE({ won: 1, lost: 0 }), probeLogE({ won: 0, lost: 1 })];
  return PROBE_WEIGHTS.map((weight, index) => {
    const [gain, loss] = [won[index] ?? 0, lost[index] ?? 0];
    const walk = { mean: chance * gain + (1 - chance) * loss, variance: chance * (1 - chance) * (gain - loss) ** 2 };
    return { weight, walk };
  });
}

/** @example logProbeEvidence(probeLogE({ won: 6, lost: 0 })) // 3.268143... */
export function logProbeEvidence(logs: readonly number[]): number {
  return logSum(logs, PROBE_WEIGHTS);
}
