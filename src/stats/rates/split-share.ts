import { lnBernoulliRatio } from '../evidence/e-value.ts';
import { logMixture, type OnsetMixture, openMixture, stepMixture } from '../evidence/onset.ts';
import { TOWARDS_ALL, TOWARDS_ALL_WEIGHTS } from '../evidence/towards-all.ts';

/**
 * The tests of "the canary's true share is at least half the ordered weight" (docs/statistics.md section 3.10 c) and "it is
 * no more than chance explains" (section 3.16), under one split.
 */
export interface SplitShare {
  /** Blocks with traffic since the split began. */
  readonly blocks: number;
  readonly lack: OnsetMixture;
  readonly excess: OnsetMixture;
}

/** Shares of the ordered weight that the alternatives bet on: nearly nothing, and nothing. */
const PARTS: readonly number[] = [0.1, 0.001];
const WEIGHTS: readonly number[] = [0.5, 0.5];
const LEAST_PART = 0.5;
const AFTER_START = 0.4;

const STANDARD_DEVIATIONS = 4;
const LARGEST_SHARE = 0.95;

export const UNWATCHED_SPLIT: SplitShare = {
  blocks: 0,
  lack: openMixture(PARTS.length),
  excess: openMixture(TOWARDS_ALL.length),
};

/**
 * One block. Mass 0.6 goes in at the first block and 0.4/(k(k-1)) at the k-th, as in docs/statistics.md section 3.9:
 * the later traffic stops, the longer it takes to detect.
 *
 * @param weight the ordered share of the canary, 0 < weight < 1
 * @param squares the sum of the squared shares of the sticky keys: 0 where each request is drawn by itself
 */
export function stepSplitShare(
  state: SplitShare,
  sent: { readonly canary: number; readonly stable: number },
  { weight, squares }: { readonly weight: number; readonly squares: number },
  cap: number,
): SplitShare {
  const { blocks, lack, excess } = state;
  const n = sent.canary + sent.stable;
  if (n === 0) return state;
  const spent = 1 - AFTER_START / (blocks + 1);
  const logE = (share: number, limit: number) => Math.min(cap, lnBernoulliRatio(n, sent.canary, share, limit));
  const least = LEAST_PART * weight;
  const most = largestShare(weight, squares);
  return {
    blocks: blocks + 1,
    lack: stepMixture(
      lack,
      spent,
      PARTS.map((part) => logE(part * weight, least)),
    ),
    excess: stepMixture(
      excess,
      spent,
      TOWARDS_ALL.map((towards) => logE(most + towards * (1 - most), most)),
    ),
  };
}

/**
 * The largest share that the canary may have at this weight: twice the weight, or four standard deviations above it where a
 * few sticky keys are much of the traffic, and never more than 95 %.
 */
export function largestShare(weight: number, squares: number): number {
  const deviation = Math.sqrt(weight * (1 - weight) * squares);
  return Math.min(LARGEST_SHARE, Math.max(2 * weight, weight + STANDARD_DEVIATIONS * deviation));
}

export function logSplitLack({ lack }: SplitShare): number {
  return logMixture(lack, WEIGHTS);
}

export function logSplitExcess({ excess }: SplitShare): number {
  return logMixture(excess, TOWARDS_ALL_WEIGHTS);
}
