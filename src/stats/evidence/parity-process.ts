import { logSum } from './log-sum.ts';

/**
 * Log e-processes against "worse than the parity margin", one per alternative of `PARITY_GRID`; restarted at each
 * step.
 */
export type ParityProcess = readonly number[];

/** How far each alternative lies from "equal" (0) towards the margin (1), and its weight. */
export const PARITY_GRID: readonly number[] = [0, 0.35, -0.6];
const WEIGHTS: readonly number[] = [0.5, 0.3, 0.2];

export const UNSHOWN: ParityProcess = PARITY_GRID.map(() => 0);

/**
 * Multiplies by a block's e-values and truncates at `ceiling`. The minimum of a constant and a supermartingale is a
 * supermartingale, so the budget is unchanged, and parity shown long ago is lost soon after a regression.
 */
export function stepParity(process: ParityProcess, logE: readonly number[], ceiling: number): ParityProcess {
  return process.map((log, index) => Math.min(ceiling, log + (logE[index] ?? 0)));
}

/** ln of the weighted mean over the alternatives. */
export function logParity(process: ParityProcess): number {
  return logSum(process, WEIGHTS);
}
