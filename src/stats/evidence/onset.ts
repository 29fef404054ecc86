import { logSum } from './log-sum.ts';

/**
 * A test that mixes over effect sizes and over the time of onset (docs/statistics.md section 2.3): before each block
 * new mass is injected, then every alternative is multiplied by its e-value of the block. With at most 1 injected in
 * all, the mixture is a nonnegative supermartingale that begins at 1.
 */
export interface OnsetMixture extends Mass {
  /** The same test over the blocks of one warm-up only; omitted before the first (docs/statistics.md section 3.17). */
  readonly cold?: ColdMixture;
}

interface Mass {
  /** The mass injected so far, at most 1. */
  readonly spent: number;
  /** Log of each alternative's process; null before any mass was injected. */
  readonly logMass: readonly (number | null)[];
}

/** A mixture that begins at 1 with every warm-up. */
export interface ColdMixture extends Mass {
  /** The warm-up that it belongs to, counted from one. */
  readonly entry: number;
}

/**
 * Which of a test's processes a block bets in, and the mass injected into it up to and with this block: its main one (a
 * number), that of a warm-up, or none.
 */
export type Injection = number | { readonly entry: number; readonly spent: number } | 'nothing';

/** What was there and what is injected count alike. */
const BOTH: readonly number[] = [1, 1];

export function openMixture(alternatives: number): OnsetMixture {
  return { spent: 0, logMass: Array.from({ length: alternatives }, () => null) };
}

/**
 * M <- e * (M + pi), with pi the growth of the injected mass since the last block.
 *
 * @param injection the mass injected up to and with this block, in [mixture.spent, 1]
 * @param logE log e-value of this block for each alternative
 */
export function stepMixture(mixture: OnsetMixture, injection: Injection, logE: readonly number[]): OnsetMixture {
  if (injection === 'nothing') return mixture;
  if (typeof injection === 'number') return { ...mixture, ...stepMass(mixture, injection, logE) };
  const { entry, spent } = injection;
  const before = mixture.cold?.entry === entry ? mixture.cold : openMixture(mixture.logMass.length);
  return { ...mixture, cold: { entry, ...stepMass(before, spent, logE) } };
}

function stepMass(mass: Mass, spent: number, logE: readonly number[]): Mass {
  const injected = Math.max(0, spent - mass.spent);
  const logInjected = Math.log(injected);
  return {
    spent: Math.max(mass.spent, spent),
    logMass: mass.logMass.map((log, index) => {
      const before = injected > 0 ? logSum([log, logInjected], BOTH) : log;
      return before === null ? null : before + (logE[index] ?? 0);
    }),
  };
}

/** ln of the mixture's value: the weighted alternatives and the mass not yet injected. */
export function logMixture(mixture: Mass, weights: readonly number[]): number {
  return logSum([...mixture.logMass, 0], [...weights, 1 - mixture.spent]);
}

/** The same for the last warm-up in which the test bet; null before the first. */
export function coldLog({ cold }: OnsetMixture, weights: readonly number[]): ColdLog | null {
  return cold === undefined ? null : { entry: cold.entry, log: logMixture(cold, weights) };
}

/** What a test found in a warm-up, as the log of its e-process. */
export interface ColdLog {
  readonly entry: number;
  readonly log: number;
}
