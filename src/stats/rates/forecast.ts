import { type Boundary, boundaryAt, projectPoisson } from '../evidence/e-value.ts';

/** The initial cost of the mixture over alternatives, about ln 2 (docs/statistics.md section 3.8). */
const COST_OF_MIXING = 0.7;
/** The cost of mixing over effects and times of onset, for harm. */
const COST_OF_HARM_MIXTURE = 2.1;

/**
 * The fraction of the forecast that the middle four fifths of rollouts need: measured p10 and p90 (docs/statistics.md
 * section 3.8).
 */
export const FORECAST_RANGE = { low: 0.3, high: 2.3 } as const;

/**
 * Log evidence of parity that one canary request brings, with its share of the stable's, if both versions have the
 * rate `rate`: the Poisson KL divergence to the parity boundary.
 *
 * @param weight the canary's share of the traffic, 0 < weight < 1
 */
export function rateGain(rate: number, boundary: Boundary, weight: number): number {
  return rateHarmGain(rate, rate, boundary, weight);
}

/**
 * Log evidence that one canary request brings where the stable has the rate `s1` and the canary `c1`
 * (docs/statistics.md section 2.1).
 */
export function rateHarmGain(s1: number, c1: number, boundary: Boundary, weight: number): number {
  const s0 = projectPoisson({ nc: weight, ns: 1 - weight }, { s1, c1 }, boundary);
  const c0 = boundaryAt(boundary, s0);
  return (weight * poissonKl(c1, c0) + (1 - weight) * poissonKl(s1, s0)) / weight;
}

/**
 * The same for a latency quantile: the stable has the share `stable` of slow answers, and an equal canary the share
 * `canary` beyond the parity margin.
 */
export function quantileGain(canary: number, stable: number, weight: number): number {
  const p0 = weight * canary + (1 - weight) * stable;
  return (weight * bernoulliKl(canary, p0) + (1 - weight) * bernoulliKl(stable, p0)) / weight;
}

/**
 * Canary requests until parity is shown, if the versions are equal. An estimate: the middle four fifths of rollouts
 * need 0.3 to 2.3 times as many.
 *
 * @param missing log evidence between the threshold and the present value
 */
export function requestsNeeded(missing: number, gain: number, progress: 'not-begun' | 'begun'): number | null {
  if (missing <= 0) return 0;
  if (!(gain > 0)) return null;
  return Math.ceil((missing + (progress === 'not-begun' ? COST_OF_MIXING : 0)) / gain);
}

/** The limits on how soon a regression is detected. */
export interface HarmBet {
  /** ln(1/alpha). */
  readonly logThreshold: number;
  /** The check's share of alpha, above 0. */
  readonly budgetWeight: number;
  /** The most that a block adds to the evidence. */
  readonly cap: number;
  /** The fewest blocks with canary traffic for a rollback. */
  readonly minBlocks: number;
}

/**
 * Blocks until a regression that brings `gain` per canary request is detected. The cap and the least number of blocks with
 * canary traffic bound it from below.
 */
export function blocksUntilHarm(bet: HarmBet, gain: number, requestsPerBlock: number): number {
  const needed = bet.logThreshold - Math.log(bet.budgetWeight) + COST_OF_HARM_MIXTURE;
  const withTraffic = Math.max(bet.minBlocks, Math.ceil(needed / bet.cap)) / -Math.expm1(-requestsPerBlock);
  return Math.ceil(Math.max(withTraffic, needed / gain / requestsPerBlock));
}

function poissonKl(u: number, v: number): number {
  return u * Math.log(u / v) - u + v;
}

function bernoulliKl(u: number, v: number): number {
  return u * Math.log(u / v) + (1 - u) * (Math.log1p(-u) - Math.log1p(-v));
}
