import type { Block, Tally } from '../../src/stats/block.ts';
import { bucketOf } from '../../src/stats/latency/log-histogram.ts';
import { binomial, normal, poisson, type Random } from './random.ts';

/** How one version behaves: shares of errors and 4xx, and log-normal latencies. */
export interface Behaviour {
  readonly errors: number;
  readonly clientErrors: number;
  readonly medianMs: number;
  /** Standard deviation of ln(latency): p99 = median * exp(2.326 sigma). */
  readonly sigma: number;
}

export interface Span {
  readonly startedAt: number;
  readonly durationMs: number;
  readonly splitEpoch: number;
  readonly canaryBps: number;
  readonly requestsPerSecond: number;
}

export const HEALTHY: Behaviour = { errors: 0.002, clientErrors: 0.01, medianMs: 20, sigma: 0.596 };

export const NO_TALLY: Tally = { requests: 0, errors: 0, clientErrors: 0, latency: {} };

/** One block of Poisson arrivals, split at random by the weight. */
export function simulateBlock(random: Random, span: Span, stable: Behaviour, canary: Behaviour): Block {
  const mean = (span.requestsPerSecond * span.durationMs) / 1_000;
  const share = span.canaryBps / 10_000;
  return {
    startedAt: span.startedAt,
    durationMs: span.durationMs,
    splitEpoch: span.splitEpoch,
    canaryBps: span.canaryBps,
    assignment: 'per-request',
    stable: simulateTally(random, poisson(random, mean * (1 - share)), stable),
    canary: simulateTally(random, poisson(random, mean * share), canary),
    forced: { stable: NO_TALLY, canary: NO_TALLY },
    ruled: { stable: NO_TALLY, canary: NO_TALLY },
  };
}

export function simulateTally(random: Random, requests: number, behaviour: Behaviour): Tally {
  const errors = binomial(random, requests, behaviour.errors);
  const clientErrors = binomial(random, requests - errors, behaviour.clientErrors);
  const latency: Record<number, number> = {};
  for (let answer = errors; answer < requests; answer += 1) {
    const bucket = bucketOf(behaviour.medianMs * Math.exp(behaviour.sigma * normal(random)));
    latency[bucket] = (latency[bucket] ?? 0) + 1;
  }
  return { requests, errors, clientErrors, latency };
}
