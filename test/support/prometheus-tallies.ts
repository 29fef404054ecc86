import type { LatencyGrid, SlowerCounts, Tally } from '../../src/stats/block.ts';
import { bucketOn } from '../../src/stats/latency/latency-grid.ts';
import { bucketMs } from '../../src/stats/latency/log-histogram.ts';
import { tallyOf } from './judge-blocks.ts';

export const BOUNDARIES_MS: readonly number[] = [5, 10, 25, 50, 100, 250];

/** `tallyOf` as a classic histogram has it. */
export function classicTally(
  requests: number,
  parts: Parameters<typeof tallyOf>[1] = {},
  boundaries: readonly number[] = BOUNDARIES_MS,
): Tally {
  const tally = tallyOf(requests, parts);
  return { ...tally, latency: {}, slower: slowerThan(tally, boundaries) };
}

/** `tallyOf` on another grid: every latency at the upper edge of its bucket. */
export function tallyOnGrid(requests: number, grid: LatencyGrid, parts: Parameters<typeof tallyOf>[1] = {}): Tally {
  const tally = tallyOf(requests, parts);
  const latency: Record<number, number> = {};
  for (const [bucket, count] of Object.entries(tally.latency)) {
    const there = bucketOn(bucketMs(Number(bucket)), grid);
    latency[there] = (latency[there] ?? 0) + count;
  }
  return { ...tally, latency };
}

function slowerThan({ latency }: Tally, boundaries: readonly number[]): SlowerCounts {
  const entries = Object.entries(latency).map(([bucket, count]) => ({ ms: bucketMs(Number(bucket)), count }));
  const sum = (counts: readonly { readonly count: number }[]) => counts.reduce((total, { count }) => total + count, 0);
  return {
    answers: sum(entries),
    above: boundaries.map((ms) => ({ ms, count: sum(entries.filter((entry) => entry.ms > ms)) })),
  };
}
