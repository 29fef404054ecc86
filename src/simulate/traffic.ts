import type { LogNormal } from './log-normal.ts';

/** What a plan takes the stable, and so a healthy canary, to be. */
export interface ExpectedTraffic {
  /** Requests of both versions together. */
  readonly requestsPerSecond: number;
  /** Shares of answers that are errors, and that are 4xx without being errors. */
  readonly errorRate: number;
  readonly clientErrorRate: number;
  readonly latency: LogNormal;
}
