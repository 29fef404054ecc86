import type { Bet } from '../evidence/bet.ts';
import { type BlockCounts, type Boundary, clipRate, lnEBernoulliLinear } from '../evidence/e-value.ts';
import { logSum } from '../evidence/log-sum.ts';
import { logMixture, type OnsetMixture, openMixture, stepMixture } from '../evidence/onset.ts';
import { logParity, type ParityProcess, stepParity, UNSHOWN } from '../evidence/parity-process.ts';
import { TOWARDS_ALL, TOWARDS_ALL_WEIGHTS, towardsAllLogE } from '../evidence/towards-all.ts';
import { expectedRate, learnStable, type PastRate, parityLogE, type RateMargins } from './error-rate.ts';

/** A share that may be any part of the answers, tested in both directions (docs/statistics.md section 3.22). */
export interface ShiftState {
  /** Evidence that the canary has more than the margin above the stable, and that the stable has above the canary. */
  readonly more: OnsetMixture;
  readonly less: OnsetMixture;
  /** Evidence that it is not so, by the parity margin. */
  readonly notMore: ShiftParity;
  readonly notLess: ShiftParity;
  readonly stable: PastRate;
}

interface ShiftParity {
  readonly relative: ParityProcess;
  readonly absolute: ParityProcess;
}

export interface ShiftMargins extends Pick<RateMargins, 'parity'> {
  readonly harm: Boundary;
}

const NOT_SHOWN: ShiftParity = { relative: UNSHOWN, absolute: UNSHOWN };

export function openShift(): ShiftState {
  return {
    more: openMixture(TOWARDS_ALL.length),
    less: openMixture(TOWARDS_ALL.length),
    notMore: NOT_SHOWN,
    notLess: NOT_SHOWN,
    stable: { events: 0, requests: 0 },
  };
}

/** Adds one block of evidence where it has answers of both versions, then its stable counts to the past. */
export function stepShift(
  state: ShiftState,
  margins: ShiftMargins,
  counts: BlockCounts,
  durationMs: number,
  bet: Omit<Bet, 'drawn'>,
): ShiftState {
  const stable = bet.past === 'frozen' ? state.stable : learnStable(state.stable, counts, durationMs);
  if (counts.nc === 0 || counts.ns === 0) return { ...state, stable };
  const s1 = expectedRate(state);
  const { spent, cap, harmCap = cap, phi } = bet;
  const swapped = swap(counts);
  const harm = {
    more: stepMixture(state.more, spent, towardsAllLogE(counts, counts, s1, margins.harm, harmCap, phi)),
    less: stepMixture(state.less, spent, lessLogE(counts, s1, margins.harm, harmCap, phi)),
  };
  if (bet.parity === 'left-out') return { ...state, ...harm, stable };
  return {
    ...harm,
    notMore: stepBoth(state.notMore, margins, counts, s1, bet),
    notLess: stepBoth(state.notLess, margins, swapped, s1, bet),
    stable,
  };
}

export function restartShiftParity(state: ShiftState): ShiftState {
  return { ...state, notMore: NOT_SHOWN, notLess: NOT_SHOWN };
}

export function logMore({ more }: ShiftState): number {
  return logMixture(more, TOWARDS_ALL_WEIGHTS);
}

export function logLess({ less }: ShiftState): number {
  return logMixture(less, TOWARDS_ALL_WEIGHTS);
}

/** Log evidence that the canary has not more by the larger of both parity margins; and that it has not less. */
export function logNotMore({ notMore }: ShiftState): number {
  return logSum([logParity(notMore.relative), logParity(notMore.absolute)], [0.5, 0.5]);
}

export function logNotLess({ notLess }: ShiftState): number {
  return logSum([logParity(notLess.relative), logParity(notLess.absolute)], [0.5, 0.5]);
}

/**
 * Log e-values of one block against "the stable's rate is at most rho times the canary's, plus a", in the exact Bernoulli form, for
 * canary rates from the margin (0) to none (1); 0 where the stable has so little that no canary could have less.
 *
 * @param s1 the stable's rate, from the past
 * @example lessLogE({ nc: 100, xc: 5, ns: 900, xs: 360 }, 0.4, { rho: 1.1, a: 0.02 }, 5)[3] // 5
 */
export function lessLogE(counts: BlockCounts, s1: number, boundary: Boundary, cap: number, phi = 1): readonly number[] {
  const highest = (s1 - boundary.a) / boundary.rho;
  const swapped = swap(counts);
  return TOWARDS_ALL.map((towards) => {
    if (highest <= 0) return 0;
    const alternative = { s1: clipRate(highest * (1 - towards)), c1: clipRate(s1) };
    return Math.min(cap, lnEBernoulliLinear(swapped, alternative, boundary) / phi);
  });
}

function stepBoth(
  process: ShiftParity,
  { parity: [relative, absolute] }: ShiftMargins,
  counts: BlockCounts,
  s1: number,
  { cap, phi, parityCeiling }: Pick<Bet, 'cap' | 'phi' | 'parityCeiling'>,
): ShiftParity {
  const step = (known: ParityProcess, boundary: Boundary) =>
    stepParity(known, parityLogE(counts, s1, boundary, cap, phi), parityCeiling);
  return { relative: step(process.relative, relative), absolute: step(process.absolute, absolute) };
}

function swap({ nc, xc, ns, xs }: BlockCounts): BlockCounts {
  return { nc: ns, xc: xs, ns: nc, xs: xc };
}
