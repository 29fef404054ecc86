import { Problem } from '../problem/problem.ts';
import type { Track } from './order.ts';

/** A whole split in basis points: the resolution of a weight is 0.01 %. */
export const WHOLE_BPS = 10_000;

/** Number of values of a 32-bit hash. */
const HASHES = 0x1_0000_0000;

/**
 * The number of 32-bit hashes below which a requester goes to the canary: 0 for nobody, 2^32 for everybody. It rises
 * with the weight, so that nobody is moved back while it rises, and is exact to one hash in 2^32. No weight (NaN) is
 * nobody.
 * @example canaryThreshold(5_000) // 2147483648
 */
export function canaryThreshold(canaryBps: number): number {
  // Integers below 2^53 on both sides of the division: the product is at most 4.3e13.
  return Math.ceil((canaryBps * HASHES) / WHOLE_BPS);
}

/** Both shares of a split in basis points; they sum to 10,000. Throws Problem('invalid-input') for no such weight. */
export function splitWeights(canaryBps: number): Readonly<Record<Track, number>> {
  if (!Number.isInteger(canaryBps) || canaryBps < 0 || canaryBps > WHOLE_BPS) {
    throw new Problem('invalid-input', `a weight is a whole number of basis points from 0 to 10000, not ${canaryBps}`);
  }
  return { stable: WHOLE_BPS - canaryBps, canary: canaryBps };
}
