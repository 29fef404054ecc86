import type { Bet } from '../evidence/bet.ts';
import { type BlockCounts, clipRate, expit, lnEBernoulli, logit } from '../evidence/e-value.ts';
import { type ColdLog, coldLog, logMixture, type OnsetMixture, openMixture, stepMixture } from '../evidence/onset.ts';
import { logParity, PARITY_GRID, type ParityProcess, stepParity, UNSHOWN } from '../evidence/parity-process.ts';
import { type Tails, tailAbove, tailBucket } from './tails.ts';

/**
 * Where a quantile of the stable's past lies (docs/statistics.md section 3.3). The edge runs through a bucket, so that
 * the past share above it is 1 - level exactly, however coarse the clock that measured the latencies.
 */
export interface QuantileEdge {
  readonly bucket: number;
  /** The part of the bucket's answers that count as above the edge, in [0, 1). */
  readonly part: number;
  /** The past mass above the edge, and its share: 1 - level. */
  readonly mass: number;
  readonly share: number;
}

/** Where parity is shown, and the share of slow answers there if the canary equals the stable. */
export interface ParityEdge extends QuantileEdge {
  /** The level that is compared: the declared one, or a lower one where a step of the latencies lies at it. */
  readonly level: number;
  /** Below `share`. */
  readonly equal: number;
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
/** How many times 1 - level may lie above the edge at which parity is shown. */
const WIDENED: readonly number[] = [1, 1.15, 1.3];
/** Of the stable's own slow answers, so many beyond the margin leave too little to show parity by. */
const TOO_MANY_BEYOND = 0.9;

export function openQuantile(): QuantileState {
  return { harm: openMixture(ODDS_GRID.length), parity: UNSHOWN };
}

/** Null when the reference is empty. @param level 0 < level < 1, 0.99 for the p99 */
export function quantileEdge(reference: Tails, level: number): QuantileEdge | null {
  const bucket = tailBucket(reference, level);
  if (bucket === null) return null;
  const mass = (1 - level) * reference.total;
  const above = tailAbove(reference, bucket);
  const part = (mass - above) / (tailAbove(reference, bucket - 1) - above);
  return { bucket, part, mass, share: mass / reference.total };
}

/**
 * Answers above an edge that is shifted by `shift` buckets. An answer in the edge's own bucket counts in part: by
 * Jensen's inequality its e-value is at most the mean of those of a slow and a fast answer.
 */
export function aboveEdge(counts: Tails, { bucket, part }: Pick<QuantileEdge, 'bucket' | 'part'>, shift = 0): number {
  const above = tailAbove(counts, bucket + shift);
  return part === 0 ? above : above + part * (tailAbove(counts, bucket + shift - 1) - above);
}

/**
 * The edge at which parity is shown; null when the margin is narrower than a bucket, and nothing can be. Where hardly
 * fewer of the past answers lie beyond the margin than above the edge, as beside a gap between two groups of latencies,
 * a lower level is compared. The past alone decides.
 */
export function parityEdge(reference: Tails, level: number, parityBuckets: number): ParityEdge | null {
  let best: ParityEdge | null = null;
  for (const widened of WIDENED) {
    const lower = 1 - (1 - level) * widened;
    const edge = lower > 0 ? quantileEdge(reference, lower) : null;
    if (edge === null) break;
    const beyond = aboveEdge(reference, edge, parityBuckets) / reference.total;
    const equal = Math.max(beyond, LOWEST_PARITY_SHARE * edge.share);
    if (equal >= edge.share) continue;
    if (best === null || equal / edge.share < best.equal / best.share) best = { ...edge, level: lower, equal };
    if (best.equal < TOO_MANY_BEYOND * best.share) break;
  }
  return best;
}

/** Latencies of both versions. */
export interface LatencyTails {
  readonly canary: Tails;
  readonly stable: Tails;
}

/** One block of latencies. Nothing changes unless the reference has enough mass, and both versions have answers. */
export function stepQuantile(
  state: QuantileState,
  reference: Tails,
  level: number,
  margins: BucketMargins,
  block: LatencyTails,
  bet: Bet,
): QuantileState {
  const edge = quantileEdge(reference, level);
  if (edge === null || edge.mass < STARTING_MASS) return state;
  if (block.canary.total === 0 || block.stable.total === 0) return state;
  const { cap, harmCap = cap, phi, spent, parityCeiling } = bet;
  const slow = countsAbove(block, edge, margins.rollback);
  const harm = stepMixture(state.harm, spent, slowerLogE(slow, edge.share, harmCap, phi));
  const shown = bet.parity === 'counted' ? parityEdge(reference, level, margins.parity) : null;
  if (shown === null) return { ...state, harm };
  const logE = asFastLogE(countsAbove(block, shown, margins.parity), shown.share, shown.equal, cap, phi);
  return { harm, parity: stepParity(state.parity, logE, parityCeiling) };
}

function countsAbove({ canary, stable }: LatencyTails, edge: QuantileEdge, shift: number): BlockCounts {
  return {
    nc: canary.total,
    xc: aboveEdge(canary, edge, shift),
    ns: stable.total,
    xs: aboveEdge(stable, edge),
  };
}

export function logQuantileHarm(state: QuantileState): number {
  return logMixture(state.harm, ODDS_WEIGHTS);
}

/** The same in the last warm-up; null before the first. */
export function coldQuantile(state: QuantileState): ColdLog | null {
  return coldLog(state.harm, ODDS_WEIGHTS);
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
