import { lnBernoulliRatio } from '../evidence/e-value.ts';
import { logMixture, type OnsetMixture, openMixture, stepMixture } from '../evidence/onset.ts';

/**
 * The test of "the canary's true share is at least half the ordered weight" under one split (docs/statistics.md section
 * 3.10 c).
 */
export interface SplitShare {
  /** Blocks with traffic since the split began. */
  readonly blocks: number;
  readonly lack: OnsetMixture;
}

/** Shares of the ordered weight that the alternatives bet on: nearly nothing, and nothing. */
const PARTS: readonly number[] = [0.1, 0.001];
const WEIGHTS: readonly number[] = [0.5, 0.5];
const LEAST_PART = 0.5;
const AFTER_START = 0.4;

export const UNWATCHED_SPLIT: SplitShare = { blocks: 0, lack: openMixture(PARTS.length) };

/**
 * One block. Mass 0.6 goes in at the first block and 0.4/(k(k-1)) at the k-th, as in docs/statistics.md section 3.9:
 * the later traffic stops, the longer it takes to detect.
 *
 * @param weight the ordered share of the canary, 0 < weight < 1
 */
export function stepSplitShare(
  { blocks, lack }: SplitShare,
  sent: { readonly canary: number; readonly stable: number },
  weight: number,
  cap: number,
): SplitShare {
  const n = sent.canary + sent.stable;
  if (n === 0) return { blocks, lack };
  const least = LEAST_PART * weight;
  const logE = PARTS.map((part) => Math.min(cap, lnBernoulliRatio(n, sent.canary, part * weight, least)));
  return { blocks: blocks + 1, lack: stepMixture(lack, 1 - AFTER_START / (blocks + 1), logE) };
}

export function logSplitLack({ lack }: SplitShare): number {
  return logMixture(lack, WEIGHTS);
}
