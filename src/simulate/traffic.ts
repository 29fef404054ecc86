import { normalQuantile, normalTail } from '../stats/evidence/normal.ts';

/** The assumed traffic of the stable, and so of a healthy canary. */
export interface ExpectedTraffic {
  /** Requests of both versions together. */
  readonly requestsPerSecond: number;
  /** Shares of answers that are errors, and that are 4xx without being errors. */
  readonly errorRate: number;
  readonly clientErrorRate: number;
  readonly latency: LogNormal;
  /** Standard deviation of ln(canary/stable) within a pair of probes. */
  readonly pairNoise?: number;
}

/** The deviation of ln(canary/stable) within a pair, where nobody says another: what one answer of a service commonly varies by. */
export const USUAL_PAIR_NOISE = 0.15;

/** Log-normal latencies: two quantiles determine the distribution. */
export interface LogNormal {
  readonly medianMs: number;
  /** Standard deviation of ln(latency). */
  readonly sigma: number;
}

const Z_99 = 2.3263478740408408;

/** The log-normal distribution through both quantiles. @param p99Ms above `p50Ms`, which is above 0 */
export function logNormalThrough(p50Ms: number, p99Ms: number): LogNormal {
  return { medianMs: p50Ms, sigma: Math.log(p99Ms / p50Ms) / Z_99 };
}

/** The share of answers that take longer than `ms`. */
export function shareSlowerThan({ medianMs, sigma }: LogNormal, ms: number): number {
  return normalTail(Math.log(ms / medianMs) / sigma);
}

/** The latency that a share 1 - `level` of the answers exceeds, in ms. */
export function quantileMs({ medianMs, sigma }: LogNormal, level: number): number {
  return medianMs * Math.exp(sigma * normalQuantile(level));
}
