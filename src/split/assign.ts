import { Problem } from '../problem/problem.ts';
import { absorb, finalise, OFFSET_BASIS } from './hash.ts';
import type { Track } from './order.ts';

/** A whole split in basis points: the resolution of a weight is 0.01 %. */
export const WHOLE_BPS = 10_000;

/** Number of values of a 32-bit hash. */
export const HASHES = 0x1_0000_0000;

/**
 * The state of the hash after the salt: computed once per order, continued with every key. Another canary version
 * selects other clients; the same version keeps its own over every retry. A route and a version contain no NUL, so no
 * two pairs give the same salt.
 */
export function saltOf(route: string, canaryVersion: string): number {
  return absorb(OFFSET_BASIS, `${route}\0${canaryVersion}\0`);
}

/**
 * 32-bit hash of salt and sticky key, uniform over 0 .. 2^32 - 1: FNV-1a, then the finaliser of MurmurHash3, without
 * which FNV-1a leaves the upper bits of short keys nearly constant. Characters enter as UTF-16 units (header values
 * are latin1: one octet each). Allocates nothing.
 *
 * Source: draft-eastlake-fnv-17; Appleby, MurmurHash3.cpp, fmix32.
 */
export function stickyHash(salt: number, key: string): number {
  return finalise(absorb(salt, key));
}

/** One hash, one threshold: clients on the canary at 10 % are still on it at 50 %. */
export function assign(hash: number, canaryBps: number): Track {
  return hash < canaryThreshold(canaryBps) ? 'canary' : 'stable';
}

/**
 * The number of 32-bit hashes below which a requester goes to the canary: 0 for no client, 2^32 for all. It rises
 * with the weight, so no client moves back while it rises, and is exact to one hash in 2^32. No weight (NaN) means
 * no client.
 * @example canaryThreshold(5_000) // 2147483648
 */
export function canaryThreshold(canaryBps: number): number {
  // Integers below 2^53 on both sides of the division: the product is at most 4.3e13.
  return Math.ceil((canaryBps * HASHES) / WHOLE_BPS);
}

/** Whether chance divides requests between the two versions. */
export function isDivided(canaryBps: number): boolean {
  return canaryBps > 0 && canaryBps < WHOLE_BPS;
}

/** Both shares of a split in basis points; they sum to 10,000. Throws Problem('invalid-input') for an invalid weight. */
export function splitWeights(canaryBps: number): Readonly<Record<Track, number>> {
  if (!Number.isInteger(canaryBps) || canaryBps < 0 || canaryBps > WHOLE_BPS) {
    throw new Problem('invalid-input', `a weight is a whole number of basis points from 0 to 10000, not ${canaryBps}`);
  }
  return { stable: WHOLE_BPS - canaryBps, canary: canaryBps };
}
