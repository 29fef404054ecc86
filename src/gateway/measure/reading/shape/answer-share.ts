import { randomInt } from 'node:crypto';
import { absorb, finalise } from '../../../../split/hash.ts';

const SEEDS = 0xffff_ffff;
const SHARES = 0x1_0000_0000;

/** Secrets of the process: no client can foresee which of its answers are read. */
const before = randomInt(SEEDS);
const after = randomInt(SEEDS);

/** Uniform in [0, 1), by the id of the request: an answer of the same request, sent again, has the same. */
export function shareOfId(requestId: string): number {
  return finalise(finalise(absorb(before, requestId)) ^ after) / SHARES;
}
