import type { Parts } from './e-value.ts';
import type { Injection } from './onset.ts';

/** What every metric is told about a block besides its counts; all of it is known before the block. */
export interface Bet {
  /** The largest log e-value that one block may add to one alternative. */
  readonly cap: number;
  /** The same for evidence of harm, where the test's share of the budget asks for more. */
  readonly harmCap?: number;
  /**
   * The canary's chance of a request, where the gateway drew each by itself and a block holds too few to compare what each
   * version got. For harm only: a canary that loses requests would seem to be at parity.
   */
  readonly drawn?: number;
  /** Dispersion known from the past, at least 1: a block's log e-value is divided by it before the cap applies. */
  readonly phi: number;
  /** The process that the block bets in, and the mass of the onset mixture injected up to and with it. */
  readonly spent: Injection;
  /** Whether the block belongs to the present step, and so counts towards its parity. */
  readonly parity: 'counted' | 'left-out';
  /** Log value at which parity processes are truncated: 3 nats above their threshold. */
  readonly parityCeiling: number;
  /** Whether the block becomes part of the stable's past; during a shared fault it does not. */
  readonly past: 'learnt' | 'frozen';
}

/** Whether requests of these numbers say something about harm: of both versions, or of any where each was drawn. */
export function isCompared({ nc, ns }: Parts, { drawn }: Pick<Bet, 'drawn'>): boolean {
  return drawn === undefined ? nc > 0 && ns > 0 : nc + ns > 0;
}
