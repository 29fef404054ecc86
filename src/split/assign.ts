import type { Track } from './order.ts';
import { canaryThreshold } from './weights.ts';

const OFFSET_BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

/**
 * The state of the hash after the salt: computed once per order, continued with every key. Another canary version
 * draws other people, the same version keeps its own over every retry. A route and a version hold no NUL, so that no
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

/** One hash, one threshold: the canary's people at 10 % are among its people at 50 %. */
export function assign(hash: number, canaryBps: number): Track {
  return hash < canaryThreshold(canaryBps) ? 'canary' : 'stable';
}

function absorb(state: number, text: string): number {
  let hash = state;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), PRIME);
  }
  return hash >>> 0;
}

function finalise(state: number): number {
  let hash = state;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
