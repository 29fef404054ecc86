import type { LatencyCounts, LatencyGrid } from '../block.ts';

/** Ratio of neighbouring bucket edges: a margin of j buckets is gamma^j - 1. */
export const GAMMA = 1.02;
const LN_GAMMA = Math.log(GAMMA);
const PER_LN_GAMMA = 1 / LN_GAMMA;
export const SHORTEST_MS = 0.01;
export const LONGEST_MS = 120_000;

export const LOWEST_BUCKET = Math.ceil(Math.log(SHORTEST_MS) / LN_GAMMA);
export const HIGHEST_BUCKET = Math.ceil(Math.log(LONGEST_MS) / LN_GAMMA);
/** The grid of the gateway's own blocks. */
export const GATEWAY_GRID: LatencyGrid = { ratio: GAMMA, unitMs: 1 };

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
export function bucketMs(bucket: number, { ratio, unitMs }: LatencyGrid = GATEWAY_GRID): number {
  return unitMs * Math.exp(bucket * Math.log(ratio));
}

/** The largest number of buckets by which a latency may grow and stay within `ratio` times itself. */
export function bucketsWithin(ratio: number, grid: LatencyGrid = GATEWAY_GRID): number {
  // The slack keeps 1.02^j itself within j buckets in floating point.
  return Math.floor(Math.log(ratio) * (1 / Math.log(grid.ratio)) + 1e-9);
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

/** How many buckets have a count. Values are counted, because enumerating keys would convert every index to text. */
export function countBuckets(counts: Readonly<Record<number, unknown>>): number {
  return Object.values(counts).length;
}

/**
 * The keys of counts that are not a bucket from 0 to the highest. To the engine, negative buckets are named properties
 * and not indices, and come after all indices.
 *
 * @param indices how many buckets from 0 to the highest have a count
 */
export function otherKeys(counts: Readonly<Record<number, unknown>>, indices: number): readonly string[] {
  return Object.keys(counts).slice(indices);
}

/** @param highest the last bucket that is read as an index; whatever is beyond it counts all the same */
export function histogramOf(counts: LatencyCounts, highest = HIGHEST_BUCKET): Histogram {
  const buckets = countBuckets(counts);
  const mass: number[] = [];
  let from = 0;
  let total = 0;
  let indices = 0;
  for (let bucket = 0; bucket <= highest && indices < buckets; bucket += 1) {
    const count = counts[bucket];
    if (count !== undefined) indices += 1;
    if (mass.length === 0) {
      if (count === undefined || count === 0) continue;
      from = bucket;
    }
    mass.push(count ?? 0);
    total += count ?? 0;
  }
  while (mass.at(-1) === 0) mass.pop();
  const above = mass.length === 0 ? EMPTY : { from, mass, total };
  return indices === buckets ? above : addHistograms(otherCounts(counts, indices), above);
}

function otherCounts(counts: LatencyCounts, indices: number): Histogram {
  // By name: an engine finds a negative number as a key only after converting it to text.
  const named: Readonly<Record<string, number>> = counts;
  return otherKeys(counts, indices)
    .map((key) => ({ from: Number(key), mass: [named[key] ?? 0], total: named[key] ?? 0 }))
    .filter(({ total }) => total > 0)
    .reduce(addHistograms, EMPTY);
}

export function addHistograms(left: Histogram, right: Histogram): Histogram {
  if (left.mass.length === 0) return right;
  if (right.mass.length === 0) return left;
  const from = Math.min(left.from, right.from);
  const end = Math.max(left.from + left.mass.length, right.from + right.mass.length);
  const mass = widen(left, from, end);
  const shift = right.from - from;
  for (let offset = 0; offset < right.mass.length; offset += 1) {
    mass[shift + offset] = (mass[shift + offset] ?? 0) + (right.mass[offset] ?? 0);
  }
  return { from, mass, total: left.total + right.total };
}

/** The histogram with every mass multiplied by `factor`; negligible masses vanish and the ends are cut. */
export function decayHistogram(histogram: Histogram, factor: number): Histogram {
  const mass = histogram.mass.slice();
  let first = -1;
  let last = -1;
  let total = 0;
  for (let offset = 0; offset < mass.length; offset += 1) {
    const kept = (mass[offset] ?? 0) * factor;
    const isNegligible = kept < NEGLIGIBLE;
    mass[offset] = isNegligible ? 0 : kept;
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
