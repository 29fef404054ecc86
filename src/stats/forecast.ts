import { type Boundary, boundaryAt, projectPoisson } from './e-value.ts';

/** What the mixture over alternatives costs at the start, about ln 2 (statistics.md 3.8). */
const COST_OF_MIXING = 0.7;

/**
 * Log evidence of parity that one canary request brings, with its share of the stable's, if both versions have the
 * rate `rate`: the Poisson KL divergence to the parity boundary.
 *
 * @param weight the canary's share of the traffic, 0 < weight < 1
 */
export function rateGain(rate: number, boundary: Boundary, weight: number): number {
  const s0 = projectPoisson({ nc: weight, ns: 1 - weight }, { s1: rate, c1: rate }, boundary);
  const c0 = boundaryAt(boundary, s0);
  return (weight * poissonKl(rate, c0) + (1 - weight) * poissonKl(rate, s0)) / weight;
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
 * @param missing log evidence between the threshold and what is there
 */
export function requestsNeeded(missing: number, gain: number, progress: 'not-begun' | 'begun'): number | null {
  if (missing <= 0) return 0;
  if (!(gain > 0)) return null;
  return Math.ceil((missing + (progress === 'not-begun' ? COST_OF_MIXING : 0)) / gain);
}

function poissonKl(u: number, v: number): number {
  return u * Math.log(u / v) - u + v;
}

function bernoulliKl(u: number, v: number): number {
  return u * Math.log(u / v) + (1 - u) * (Math.log1p(-u) - Math.log1p(-v));
}
