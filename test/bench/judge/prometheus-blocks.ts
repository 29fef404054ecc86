import type { Block, LatencyCounts, LatencyGrid, Tally } from '../../../src/stats/block.ts';
import { nativeGrid } from '../../../src/stats/latency/latency-grid.ts';
import { GAMMA } from '../../../src/stats/latency/log-histogram.ts';
import type { Random } from '../../support/random.ts';
import { binomialCount } from '../../support/random-counts.ts';

/** What knows the latencies: the gateway's own buckets, or a Prometheus histogram of one of its kinds. */
export type Measurement = 'gateway' | 'classic' | 'native-5' | 'native-3';

/** The boundaries that OpenTelemetry gives a histogram of durations, in ms. */
const OTEL_BOUNDARIES: readonly number[] = [5, 10, 25, 50, 75, 100, 250, 500, 750, 1_000, 2_500, 5_000, 7_500, 10_000];

/** A block as such a histogram would have it. Within a bucket of the gateway latencies are taken to be log-uniform. */
export function measuredBy(measurement: Measurement, random: Random, block: Block): Block {
  switch (measurement) {
    case 'gateway':
      return { ...block, assignment: 'per-request' };
    case 'classic':
      return inBoth(block, (tally) => classic(random, tally));
    case 'native-5':
      return native(random, block, nativeGrid(5));
    case 'native-3':
      return native(random, block, nativeGrid(3));
  }
}

function native(random: Random, block: Block, grid: LatencyGrid): Block {
  const step = Math.log(grid.ratio);
  const from = Math.log(grid.unitMs);
  const onGrid = (tally: Tally) => ({ ...tally, latency: cut(random, tally.latency, edgeAfter, bucketUpTo) });
  return { ...inBoth(block, onGrid), grid };

  function bucketUpTo(log: number): number {
    return Math.ceil((log - from) / step - 1e-9);
  }
  function edgeAfter(log: number): number {
    return from + step * (Math.floor((log - from) / step + 1e-9) + 1);
  }
}

function classic(random: Random, { latency, ...tally }: Tally): Tally {
  const logs = OTEL_BOUNDARIES.map(Math.log);
  const beyond = OTEL_BOUNDARIES.length;
  const atMost = (log: number) => {
    const index = logs.findIndex((edge) => log <= edge + 1e-9);
    return index === -1 ? beyond : index;
  };
  const edgeAfter = (log: number) => logs.find((edge) => edge > log + 1e-9) ?? Number.POSITIVE_INFINITY;
  const counts = cut(random, latency, edgeAfter, atMost);
  const answers = Object.values(counts).reduce((sum, count) => sum + count, 0);
  let left = answers;
  const above = OTEL_BOUNDARIES.map((ms, index) => {
    left -= counts[index] ?? 0;
    return { ms, count: left };
  });
  return { ...tally, latency: {}, slower: { answers, above } };
}

// A bucket in which an edge lies is cut there; both histograms are fine enough that it is one at most.
function cut(
  random: Random,
  latency: LatencyCounts,
  edgeAfter: (log: number) => number,
  bucketUpTo: (log: number) => number,
): LatencyCounts {
  const counts: Record<number, number> = {};
  const add = (bucket: number, count: number) => {
    if (count > 0) counts[bucket] = (counts[bucket] ?? 0) + count;
  };
  const width = Math.log(GAMMA);
  for (const [key, count] of Object.entries(latency)) {
    const high = Number(key) * width;
    const edge = edgeAfter(high - width);
    const below = edge >= high ? count : binomialCount(random, count, (edge - high + width) / width);
    add(bucketUpTo(Math.min(edge, high)), below);
    add(bucketUpTo(high), count - below);
  }
  return counts;
}

function inBoth(block: Block, turn: (tally: Tally) => Tally): Block {
  return {
    ...block,
    stable: block.stable === null ? null : turn(block.stable),
    canary: block.canary === null ? null : turn(block.canary),
  };
}
