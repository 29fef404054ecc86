import { isRecord } from '../../policy/is-record.ts';
import type { LatencyCounts, LatencyGrid } from '../../stats/block.ts';
import { HIGHEST_BUCKET, LOWEST_BUCKET } from '../../stats/latency/log-histogram.ts';
import type { RawHistogramSample } from './answered-series.ts';
import { countOf } from './read-matrix.ts';
import type { SampleStep } from './steps.ts';
import { Unreadable } from './unreadable.ts';

/** One sample of a native histogram, converted to a fixed schema: counts by bucket of the grid. */
export interface HistogramSample {
  readonly at: number;
  readonly count: number;
  readonly buckets: ReadonlyMap<number, number>;
}

/** Octaves below a second at which the grid of a histogram of seconds begins: 0.98 ms. */
const OCTAVES_BELOW = 10;

/** Bucket edges of schema n are powers of 2^(2^-n): the grid that the counts of `readHistogram` are on. */
export function schemaGrid(schema: number, unitMs: 1 | 1_000): LatencyGrid {
  return { ratio: 2 ** (2 ** -schema), unitMs: unitMs === 1 ? 1 : 1_000 / 2 ** OCTAVES_BELOW };
}

/**
 * A native histogram as the query API returns it: `{ count, buckets: [[rule, left, right, count], ...] }`. Finer buckets are
 * merged; buckets coarser than `schema` cannot be split. Values at or below zero go into the lowest bucket.
 *
 * @see https://prometheus.io/docs/prometheus/latest/querying/api/#native-histograms
 */
export function readHistogram(sample: RawHistogramSample, schema: number, unitMs: 1 | 1_000): HistogramSample {
  const { histogram } = sample;
  if (!isRecord(histogram)) throw new Unreadable('answered a histogram that is none');
  const listed = histogram['buckets'] ?? [];
  if (!Array.isArray(listed)) throw new Unreadable('answered a histogram without buckets');
  const buckets = new Map<number, number>();
  for (const entry of listed as readonly unknown[]) {
    const { bucket, count } = bucketOf(entry, schema, unitMs);
    buckets.set(bucket, (buckets.get(bucket) ?? 0) + count);
  }
  return { at: sample.at, count: countOf(histogram['count']), buckets };
}

/** By how much each bucket grew; a count below the previous one means that the histogram was reset. */
export function histogramIncrease(steps: readonly SampleStep<HistogramSample>[]): {
  readonly count: number;
  readonly buckets: LatencyCounts;
} {
  const buckets: Record<number, number> = {};
  let count = 0;
  for (const { before, after } of steps) {
    const base = before === null || isReset(before, after) ? null : before;
    count += after.count - (base?.count ?? 0);
    for (const [bucket, value] of after.buckets) {
      const grown = value - (base?.buckets.get(bucket) ?? 0);
      if (grown > 0) buckets[bucket] = (buckets[bucket] ?? 0) + grown;
    }
  }
  return { count, buckets };
}

function isReset(before: HistogramSample, after: HistogramSample): boolean {
  return after.count < before.count || [...before.buckets].some(([bucket, n]) => (after.buckets.get(bucket) ?? 0) < n);
}

function bucketOf(entry: unknown, schema: number, unitMs: 1 | 1_000): { bucket: number; count: number } {
  if (!Array.isArray(entry) || entry.length !== 4) throw new Unreadable('answered a histogram with an odd bucket');
  const [, left, right, counted]: readonly unknown[] = entry;
  const count = countOf(counted);
  const lower = Number(left);
  const upper = Number(right);
  if (!(lower < upper)) throw new Unreadable(`answered a bucket from ${String(left)} to ${String(right)}`);
  if (lower <= 0) return { bucket: LOWEST_BUCKET, count };
  const perOctave = 2 ** schema;
  // The slack is for edges that were written with fewer digits than they have.
  if (Math.log2(upper / lower) * perOctave > 1 + 1e-6) {
    throw new Unreadable(`answered a native histogram that is coarser than schema ${schema}`);
  }
  const index = Math.ceil(Math.log2(upper) * perOctave - 1e-6) + (unitMs === 1 ? 0 : OCTAVES_BELOW * perOctave);
  return { bucket: Math.min(HIGHEST_BUCKET, Math.max(LOWEST_BUCKET, index)), count };
}
