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

/**
 * The keys of counts that are no bucket from 0 to the highest. Buckets below 0 are names and not indices to the engine
 * and come after all indices, so that the usual case, latencies of 1 ms and more, needs no text at all.
 *
 * @param indices how many buckets from 0 to the highest have a count
 */
export function otherKeys(counts: LatencyCounts, indices: number): readonly string[] {
  const keys = Object.keys(counts);
  return keys.length === indices ? NO_KEYS : keys.slice(indices);
}

const NO_KEYS: readonly string[] = [];

export function histogramOf(counts: LatencyCounts): Histogram {
  let indices = 0;
  let from = HIGHEST_BUCKET + 1;
  let to = LOWEST_BUCKET - 1;
  for (let bucket = 0; bucket <= HIGHEST_BUCKET; bucket += 1) {
    const count = counts[bucket];
    if (count === undefined) continue;
    indices += 1;
    if (count === 0) continue;
    if (bucket < from) from = bucket;
    to = bucket;
  }
  const others = otherCounts(counts, indices);
  for (const { bucket } of others) {
    if (bucket < from) from = bucket;
    if (bucket > to) to = bucket;
  }
  if (from > to) return EMPTY;
  const mass: number[] = [];
  let total = 0;
  for (let bucket = from; bucket < 0 && bucket <= to; bucket += 1) mass.push(0);
  for (let bucket = Math.max(0, from); bucket <= to; bucket += 1) {
    const count = bucket > HIGHEST_BUCKET ? 0 : (counts[bucket] ?? 0);
    mass.push(count);
    total += count;
  }
  for (const { bucket, count } of others) {
    mass[bucket - from] = count;
    total += count;
  }
  return { from, mass, total };
}

function otherCounts(counts: LatencyCounts, indices: number) {
  // By name: an engine finds a negative number as a key only after writing it out.
  const named: Readonly<Record<string, number>> = counts;
  return otherKeys(counts, indices)
    .map((key) => ({ bucket: Number(key), count: named[key] ?? 0 }))
    .filter(({ count }) => count > 0);
}

export function addHistograms(left: Histogram, right: Histogram): Histogram {
  if (left.mass.length === 0) return right;
  if (right.mass.length === 0) return left;
  const from = Math.min(left.from, right.from);
  const end = Math.max(left.from + left.mass.length, right.from + right.mass.length);
  const mass = widen(left, from, end);
  let at = right.from - from;
  for (const value of right.mass) {
    mass[at] = (mass[at] ?? 0) + value;
    at += 1;
  }
  return { from, mass, total: left.total + right.total };
}

/** The histogram with every mass multiplied by `factor`; negligible masses vanish and the ends are cut. */
export function decayHistogram(histogram: Histogram, factor: number): Histogram {
  const mass: number[] = [];
  let first = -1;
  let last = -1;
  let total = 0;
  for (let offset = 0; offset < histogram.mass.length; offset += 1) {
    const kept = (histogram.mass[offset] ?? 0) * factor;
    const isNegligible = kept < NEGLIGIBLE;
    mass.push(isNegligible ? 0 : kept);
    if (isNegligible) continue;
    if (first === -1) first = offset;
    last = offset;
    total += kept;
  }
  if (first === -1) return EMPTY;
  const isWhole = first === 0 && last === mass.length - 1;
  return { from: histogram.from + first, mass: isWhole ? mass : mass.slice(first, last + 1), total };
}

function widen({ from, mass }: Histogram, lowest: number, end: number): number[] {
  if (from === lowest && from + mass.length === end) return mass.slice();
  const wide: number[] = [];
  for (let bucket = lowest; bucket < from; bucket += 1) wide.push(0);
  for (const value of mass) wide.push(value);
  for (let bucket = from + mass.length; bucket < end; bucket += 1) wide.push(0);
  return wide;
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
