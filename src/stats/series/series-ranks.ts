import { rankLogE } from './series-bets.ts';
import { allowanceAt, type Direction, type SeriesMargin, type SeriesValues } from './series-test.ts';

/** Where the canary lies among the pods of the stable, each of them moved by the margin. */
export interface Rank {
  readonly pods: number;
  /** Pods that are certainly better than the canary, and those that are possibly so. */
  readonly better: number;
  readonly notWorse: number;
}

/**
 * The rank of the canary. Of several pods of its own it is the middle one, which is less extreme than a single pod
 * would be: of an even number the better one is held against harm, and the worse one against parity.
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
