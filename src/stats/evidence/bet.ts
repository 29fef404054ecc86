/** What every metric is told about a block besides its counts; all of it is known before the block. */
export interface Bet {
  /** The largest log e-value that one block may add to one alternative. */
  readonly cap: number;
  /** Dispersion known from the past, at least 1: a block's log e-value is divided by it before the cap applies. */
  readonly phi: number;
  /** Mass of the onset mixture injected up to and with this block. */
  readonly spent: number;
  /** Whether the block belongs to the present step, and so counts towards its parity. */
  readonly parity: 'counted' | 'left-out';
  /** Log value at which parity processes are truncated: 3 nats above their threshold. */
  readonly parityCeiling: number;
  /** Whether the block becomes part of the stable's past; during a shared fault it does not. */
  readonly past: 'learnt' | 'frozen';
}
