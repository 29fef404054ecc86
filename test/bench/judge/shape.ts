import type { LatencyCounts } from '../../../src/stats/block.ts';
import { normalTail } from '../../../src/stats/evidence/normal.ts';
import { bucketOf, GAMMA } from '../../../src/stats/latency/log-histogram.ts';
import type { Random } from '../../support/random.ts';
import { multinomialCounts } from '../../support/random-counts.ts';

/** Shares of answers by latency bucket, from the bucket `from` on; their sum is 1. */
export interface Shape {
  readonly from: number;
  readonly shares: readonly number[];
  readonly cumulative: readonly number[];
}

/** What a regression scales: every latency, the bulk of them, or those above the stable's Q(.97). */
export type Part = 'all' | 'body' | 'tail';

interface Component {
  readonly weight: number;
  readonly medianMs: number;
  readonly sigma: number;
}

// Two log-normals with p50 41, p90 86, p95 114, p99 280 and p99.9 628 ms, each to within a few per cent.
const BULK: Component = { weight: 0.97, medianMs: 40, sigma: 0.54 };
const SLOW: Component = { weight: 0.03, medianMs: 225, sigma: 0.56 };
const SHORTEST_MS = 1.5;
const LONGEST_MS = 60_000;
const SLOWEST_SHARE = 0.03;
/** Below so many draws each is drawn alone. */
const SINGLY_BELOW = 60;

/** P(latency > ms) of the stable. */
export function baseTail(ms: number): number {
  return [BULK, SLOW].reduce((sum, one) => sum + one.weight * normalTail(Math.log(ms / one.medianMs) / one.sigma), 0);
}

/** P(latency > ms) of a canary whose `part` is `factor` times as slow. */
export function scaledTail(part: Part, factor: number): (ms: number) => number {
  switch (part) {
    case 'all':
      return (ms) => baseTail(ms / factor);
    case 'body':
      return (ms) =>
        BULK.weight * normalTail(Math.log(ms / factor / BULK.medianMs) / BULK.sigma) +
        SLOW.weight * normalTail(Math.log(ms / SLOW.medianMs) / SLOW.sigma);
    case 'tail': {
      const from = baseQuantile(1 - SLOWEST_SHARE);
      return (ms) => (ms < from ? baseTail(ms) : Math.min(SLOWEST_SHARE, baseTail(ms / factor)));
    }
  }
}

/** The stable's latency that a share 1 - `level` exceeds, ms. */
export function baseQuantile(level: number): number {
  let low = SHORTEST_MS;
  let high = LONGEST_MS;
  for (let halving = 0; halving < 60; halving += 1) {
    const middle = Math.sqrt(low * high);
    if (baseTail(middle) > 1 - level) low = middle;
    else high = middle;
  }
  return low;
}

/** A distribution cut into buckets. */
export function shapeOf(tail: (ms: number) => number): Shape {
  const from = bucketOf(SHORTEST_MS);
  const edges = Array.from({ length: bucketOf(LONGEST_MS) - from }, (_, at) => GAMMA ** (from + at));
  const tails = [1, ...edges.map(tail), 0];
  const shares = tails.slice(1).map((below, at) => Math.max(0, (tails[at] ?? 0) - below));
  const last = shares.findLastIndex((share) => share > 1e-9);
  const kept = shares.slice(0, last + 1);
  const sum = kept.reduce((total, share) => total + share, 0);
  let reached = 0;
  return {
    from,
    shares: kept.map((share) => share / sum),
    cumulative: kept.map((share) => {
      reached += share / sum;
      return reached;
    }),
  };
}

/**
 * `n` latencies, every one scaled by the same whole number of buckets: drift that both versions share then adds no
 * noise that one of them has alone.
 */
export function sampleLatency(random: Random, shape: Shape, n: number, shift: number): LatencyCounts {
  const latency: Record<number, number> = {};
  if (n < SINGLY_BELOW) {
    for (let draw = 0; draw < n; draw += 1) {
      const bucket = shape.from + indexOf(shape.cumulative, random()) + shift;
      latency[bucket] = (latency[bucket] ?? 0) + 1;
    }
    return latency;
  }
  for (const [at, count] of multinomialCounts(random, n, shape.shares).entries()) {
    if (count > 0) latency[shape.from + at + shift] = count;
  }
  return latency;
}

function indexOf(cumulative: readonly number[], u: number): number {
  let low = 0;
  let high = cumulative.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cumulative[middle] ?? 1) <= u) low = middle + 1;
    else high = middle;
  }
  return low;
}
