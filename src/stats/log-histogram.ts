import type { LatencyCounts } from './block.ts';

/** Ratio of neighbouring bucket edges: a margin of j buckets is gamma^j - 1. */
export const GAMMA = 1.02;
const LN_GAMMA = Math.log(GAMMA);
const PER_LN_GAMMA = 1 / LN_GAMMA;
const SHORTEST_MS = 0.01;
const LONGEST_MS = 120_000;

export const LOWEST_BUCKET = Math.ceil(Math.log(SHORTEST_MS) / LN_GAMMA);
export const HIGHEST_BUCKET = Math.ceil(Math.log(LONGEST_MS) / LN_GAMMA);

/**
 * The bucket of a latency: ceil(ln(ms) / ln 1.02), clamped to 0.01 ms .. 120 s. Bucket b holds (gamma^(b-1), gamma^b] ms.
 *
 * @example bucketOf(100) // 233
 */
export function bucketOf(ms: number): number {
  if (!(ms > SHORTEST_MS)) return LOWEST_BUCKET;
  return ms >= LONGEST_MS ? HIGHEST_BUCKET : Math.ceil(Math.log(ms) * PER_LN_GAMMA);
}

/** The upper edge of a bucket in ms. */
export function bucketMs(bucket: number): number {
  return Math.exp(bucket * LN_GAMMA);
}

/** The largest number of buckets by which a latency may grow and stay within `ratio` times itself. */
export function bucketsWithin(ratio: number): number {
  // The slack keeps 1.02^j itself within j buckets in floating point.
  return Math.floor(Math.log(ratio) * PER_LN_GAMMA + 1e-9);
}

/** Mass by bucket, dense from the bucket `from` on, and its sum. Counts stay integers until they decay. */
export interface Histogram {
  readonly from: number;
  readonly mass: readonly number[];
  readonly total: number;
}

export const EMPTY: Histogram = { from: 0, mass: [], total: 0 };

/** Masses that have decayed below this are forgotten. */
const NEGLIGIBLE = 1e-6;

export function histogramOf(counts: LatencyCounts): Histogram {
  const entries = Object.entries(counts)
    .map(([bucket, count]) => ({ bucket: Number(bucket), count }))
    .filter(({ count }) => count > 0);
  const from = Math.min(...entries.map(({ bucket }) => bucket));
  const to = Math.max(...entries.map(({ bucket }) => bucket));
  if (from > to) return EMPTY;
  const mass = Array.from({ length: to - from + 1 }, () => 0);
  let total = 0;
  for (const { bucket, count } of entries) {
    mass[bucket - from] = count;
    total += count;
  }
  return { from, mass, total };
}

export function addHistograms(left: Histogram, right: Histogram): Histogram {
  if (left.mass.length === 0) return right;
  if (right.mass.length === 0) return left;
  const from = Math.min(left.from, right.from);
  const end = Math.max(left.from + left.mass.length, right.from + right.mass.length);
  const mass = Array.from({ length: end - from }, () => 0);
  for (const part of [left, right]) {
    let at = part.from - from;
    for (const value of part.mass) {
      mass[at] = (mass[at] ?? 0) + value;
      at += 1;
    }
  }
  return { from, mass, total: left.total + right.total };
}

/** The histogram with every mass multiplied by `factor`; negligible masses vanish and the ends are cut. */
export function decayHistogram(histogram: Histogram, factor: number): Histogram {
  const kept = histogram.mass.map((value) => (value * factor < NEGLIGIBLE ? 0 : value * factor));
  const first = kept.findIndex((value) => value > 0);
  if (first === -1) return EMPTY;
  const mass = kept.slice(first, kept.findLastIndex((value) => value > 0) + 1);
  return { from: histogram.from + first, mass, total: mass.reduce((sum, value) => sum + value, 0) };
}

/** The mass in buckets strictly above `bucket`. */
export function massAbove(histogram: Histogram, bucket: number): number {
  let sum = 0;
  for (let offset = Math.max(0, bucket - histogram.from + 1); offset < histogram.mass.length; offset += 1) {
    sum += histogram.mass[offset] ?? 0;
  }
  return sum;
}

/**
 * The smallest bucket with at most a share 1 - `level` of the mass above it; null when there is no mass.
 *
 * @param level 0 < level < 1, 0.99 for the p99
 */
export function quantileBucket(histogram: Histogram, level: number): number | null {
  const allowed = (1 - level) * histogram.total;
  let above = 0;
  for (let offset = histogram.mass.length - 1; offset >= 0; offset -= 1) {
    above += histogram.mass[offset] ?? 0;
    if (above > allowed) return histogram.from + offset;
  }
  return null;
}
