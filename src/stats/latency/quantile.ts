import type { Bet } from '../evidence/bet.ts';
import { type BlockCounts, clipRate, expit, lnEBernoulli, logit } from '../evidence/e-value.ts';
import { logMixture, type OnsetMixture, openMixture, stepMixture } from '../evidence/onset.ts';
import { logParity, PARITY_GRID, type ParityProcess, stepParity, UNSHOWN } from '../evidence/parity-process.ts';
import { type Tails, tailAbove, tailBucket } from './tails.ts';

/** Where a quantile of the stable's past lies (docs/statistics.md section 3.3). */
export interface QuantileEdge {
  readonly bucket: number;
  /** The past mass above the bucket, and its share, which is close to 1 - level. */
  readonly mass: number;
  readonly share: number;
}

/** Margins in buckets: the canary is counted above the edge shifted by this many. */
export interface BucketMargins {
  readonly rollback: number;
  readonly parity: number;
}

export interface QuantileState {
  readonly harm: OnsetMixture;
  readonly parity: ParityProcess;
}

/** By how much the canary's odds of a slow answer exceed the stable's in each alternative. */
export const ODDS_GRID: readonly number[] = [1.15, 1.4, 2, 4, 10];
export const ODDS_WEIGHTS: readonly number[] = [0.2, 0.2, 0.25, 0.2, 0.15];

/** Past mass above the edge at which betting starts. */
export const STARTING_MASS = 10;
const LN_ODDS: readonly number[] = ODDS_GRID.map(Math.log);
const LOWEST_PARITY_SHARE = 0.02;

export function openQuantile(): QuantileState {
  return { harm: openMixture(ODDS_GRID.length), parity: UNSHOWN };
}

/** Null when the reference is empty. */
export function quantileEdge(reference: Tails, level: number): QuantileEdge | null {
  const bucket = tailBucket(reference, level);
  if (bucket === null) return null;
  const mass = tailAbove(reference, bucket);
  return { bucket, mass, share: mass / reference.total };
}

/**
 * The share of slow answers beyond the parity margin if the canary equals the stable; null when nothing can be shown.
 */
export function parityShare(reference: Tails, edge: QuantileEdge, parityBuckets: number): number | null {
  const beyond = tailAbove(reference, edge.bucket + parityBuckets) / reference.total;
  const share = Math.max(beyond, LOWEST_PARITY_SHARE * edge.share);
  return share >= edge.share ? null : share;
}

/** One block of latencies. Nothing changes unless both versions have some and the reference has enough mass. */
export function stepQuantile(
  state: QuantileState,
  reference: Tails,
  level: number,
  margins: BucketMargins,
  block: { readonly canary: Tails; readonly stable: Tails },
  bet: Bet,
): QuantileState {
  const edge = quantileEdge(reference, level);
  if (edge === null || edge.mass < STARTING_MASS) return state;
  const nc = block.canary.total;
  const ns = block.stable.total;
  if (nc === 0 || ns === 0) return state;
  const xs = tailAbove(block.stable, edge.bucket);
  const slow = { nc, xc: tailAbove(block.canary, edge.bucket + margins.rollback), ns, xs };
  const harm = stepMixture(state.harm, bet.spent, slowerLogE(slow, edge.share, bet.cap, bet.phi));
  const share = parityShare(reference, edge, margins.parity);
  if (bet.parity === 'left-out' || share === null) return { ...state, harm };
  const beyond = { nc, xc: tailAbove(block.canary, edge.bucket + margins.parity), ns, xs };
  const logE = asFastLogE(beyond, edge.share, share, bet.cap, bet.phi);
  return { harm, parity: stepParity(state.parity, logE, bet.parityCeiling) };
}

export function logQuantileHarm(state: QuantileState): number {
  return logMixture(state.harm, ODDS_WEIGHTS);
}

export function logQuantileParity(state: QuantileState): number {
  return logParity(state.parity);
}

/** Log e-values of a block against "no more slow answers than the stable", one for each of `ODDS_GRID`. */
export function slowerLogE(counts: BlockCounts, share: number, cap: number, phi = 1): readonly number[] {
  const s1 = clipRate(share);
  const from = logit(s1);
  return LN_ODDS.map((lnOdds) => {
    const c1 = clipRate(expit(from + lnOdds));
    return c1 <= s1 ? 0 : Math.min(cap, lnEBernoulli(counts, { s1, c1 }) / phi);
  });
}

/** Log e-values of a block against "at least as many slow answers as the stable", one for each of `PARITY_GRID`. */
export function asFastLogE(counts: BlockCounts, share: number, equal: number, cap: number, phi = 1): readonly number[] {
  const s1 = clipRate(share);
  const from = logit(clipRate(equal));
  const distance = logit(s1) - from;
  return PARITY_GRID.map((towards) => {
    const c1 = clipRate(expit(from + towards * distance));
    return c1 >= s1 ? 0 : Math.min(cap, lnEBernoulli(counts, { s1, c1 }) / phi);
  });
}
