import { normalQuantile } from '../evidence/normal.ts';
import { allowanceAt, type Direction, type SeriesMargin, type SeriesValues } from './series-test.ts';

/** Bets on the sign of a difference, and on its sign and size. */
const SIGN_BETS: readonly number[] = [0.2, 0.5, 0.8, 0.95];
const SIZE_SLOPES: readonly number[] = [0.35, 1];
const LARGEST_SIZE_BET = 0.98;
export const PAIR_WEIGHTS: readonly number[] = [0.1, 0.25, 0.2, 0.2, 0.1, 0.15];

/** Probabilities of "worse" that the guard bets on, against at most 0.65. */
const GUARD_NULL = 0.65;
const GUARD_RATES: readonly number[] = [0.75, 0.85, 0.95, 0.99];
export const GUARD_WEIGHTS: readonly number[] = [0.2, 0.3, 0.3, 0.2];

const RANK_SLOPES: readonly number[] = [0.5, 1, 2];
export const RANK_WEIGHTS: readonly number[] = [0.3, 0.3, 0.2, 0.2];

/**
 * The most that one interval can add to the log evidence of a pair: exchanging the arms leaves the null unchanged, so
 * e(a, b) + e(b, a) <= 2 for every valid test (docs/statistics.md section 3.9). No pair gains more than ln 2.
 */
export const LARGEST_PAIR_BET = Math.LN2;
/** The same for the guard: ln(0.99 / 0.65). */
export const LARGEST_GUARD_BET = Math.log(Math.max(...GUARD_RATES) / GUARD_NULL);

/**
 * Log e-values of an interval against "worse with probability at most 1/2, whatever the size of the difference".
 *
 * @param sign 1 when the canary is worse beyond the margin, -1 when not
 * @param size the difference in multiples of its usual size, in [0, 2]
 * @example pairLogE(1, 1)[3] // ln 1.95
 */
export function pairLogE(sign: 1 | -1, size: number): readonly number[] {
  const sizeBets = SIZE_SLOPES.map((slope) => LARGEST_SIZE_BET * Math.tanh(slope * size));
  return [...SIGN_BETS, ...sizeBets].map((bet) => Math.log1p(sign * bet));
}

/** Log e-values of an interval against "worse with probability at most 0.65": for arms of different sizes. */
export function guardLogE(sign: 1 | -1): readonly number[] {
  return GUARD_RATES.map((rate) => Math.log(sign === 1 ? rate / GUARD_NULL : (1 - rate) / (1 - GUARD_NULL)));
}

/**
 * Log e-values of an interval against "the canary is exchangeable with `pods` pods of the stable, or better". Each has
 * the mean 1 over all ranks.
 *
 * @param below pods of the stable that are better than the canary, 0 <= below <= pods
 */
export function rankLogE(below: number, pods: number): readonly number[] {
  const scores = Array.from({ length: pods + 1 }, (_, rank) => normalQuantile((rank + 0.5) / (pods + 1)));
  const own = scores[below] ?? 0;
  const tilted = RANK_SLOPES.map((slope) => {
    const sum = scores.reduce((total, score) => total + Math.exp(slope * score), 0);
    return slope * own - Math.log(sum / scores.length);
  });
  return [...tilted, Math.log(0.5 + (below === pods ? 0.5 * (pods + 1) : 0))];
}

/** Where the canary ranks among the stable's pods, each shifted by the margin. */
export interface Rank {
  readonly pods: number;
  /** Pods that are certainly better than the canary, and pods that are possibly better. */
  readonly better: number;
  readonly notWorse: number;
}

/**
 * The rank of the canary. If it has several pods, the middle one counts, which is less extreme than a single pod
 * would be: with an even number, the better one is used against harm, and the worse one against parity.
 */
export function rankOf({ canary, stable }: SeriesValues, direction: Direction, margin: SeriesMargin): Rank {
  const sign = direction === 'higher' ? 1 : -1;
  const own = [canary].flat().map((value) => sign * value);
  const moved = [stable].flat().map((value) => sign * value + allowanceAt(value, margin));
  const sorted = own.toSorted((left, right) => left - right);
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  const upper = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return {
    pods: moved.length,
    better: moved.filter((value) => value < lower).length,
    notWorse: moved.filter((value) => value <= upper).length,
  };
}

/** Log e-values of an interval: against "no worse" by the rank at one margin, against "worse" by that at the other. */
export function rankTestLogE(atRollback: Rank, atParity: Rank) {
  return {
    harm: rankLogE(atRollback.better, atRollback.pods),
    parity: rankLogE(atParity.pods - atParity.notWorse, atParity.pods),
  };
}
