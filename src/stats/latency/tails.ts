import type { Histogram } from './log-histogram.ts';

/** A histogram's masses summed from the top, so that the mass above any bucket takes one lookup. */
export interface Tails {
  readonly from: number;
  /** `above[i]` is the mass in the buckets `from + i` and higher. */
  readonly above: readonly number[];
  readonly total: number;
}

export function tailsOf({ from, mass, total }: Histogram): Tails {
  // A typed array of this size lives outside the engine's heap, and takes longer to allocate than to fill.
  const above = mass.slice();
  let sum = 0;
  for (let offset = mass.length - 1; offset >= 0; offset -= 1) {
    sum += mass[offset] ?? 0;
    above[offset] = sum;
  }
  return { from, above, total };
}

/** The mass in buckets strictly above `bucket`. */
export function tailAbove({ from, above }: Tails, bucket: number): number {
  return above[Math.max(0, bucket - from + 1)] ?? 0;
}

/**
 * The smallest bucket with at most a share 1 - `level` of the mass above it; null when there is no mass.
 *
 * @param level 0 < level < 1, 0.99 for the p99
 */
export function tailBucket({ from, above, total }: Tails, level: number): number | null {
  if (above.length === 0) return null;
  const allowed = (1 - level) * total;
  let low = 0;
  let high = above.length;
  // The last offset whose mass from there on is more than allowed; the sums fall with the offset.
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((above[middle] ?? 0) > allowed) low = middle;
    else high = middle;
  }
  return from + low;
}
