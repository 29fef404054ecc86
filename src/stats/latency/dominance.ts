import type { Bet } from '../evidence/bet.ts';
import { type ColdLog, coldLog, logMixture, type OnsetMixture, openMixture, stepMixture } from '../evidence/onset.ts';
import { type Tails, tailAbove, tailBucket } from './tails.ts';

/**
 * The test of the whole latency distribution (docs/statistics.md sections 2.4 and 3.4): null "the canary is
 * stochastically no slower than the stable times 1.02^j". Bins are cut at quantiles of the stable's past; the canary is
 * counted against edges shifted by the margin. Every alternative tilts the past by a nondecreasing likelihood ratio;
 * otherwise the null of stochastic order would not hold.
 */
export interface Bins {
  /** Upper bucket of each bin but the last, which is open. */
  readonly edges: readonly number[];
  /** Level of each edge; of equal edges only the highest level is kept. */
  readonly levels: readonly number[];
  /** Share of the past in each bin; one more than there are edges. */
  readonly shares: readonly number[];
}

interface Level {
  readonly level: number;
  /** Density of the standard normal distribution at its quantile of this level. */
  readonly density: number;
}

/** Where the bins are cut, in a past that has answers in each. */
export const BIN_LEVELS: readonly Level[] = [
  { level: 0.1, density: 0.17549833193248673 },
  { level: 0.25, density: 0.317776572684107 },
  { level: 0.5, density: 0.3989422804014327 },
  { level: 0.75, density: 0.317776572684107 },
  { level: 0.9, density: 0.17549833193248673 },
  { level: 0.95, density: 0.10313564037537153 },
  { level: 0.975, density: 0.058445069805035436 },
  { level: 0.99, density: 0.02665214220345808 },
  { level: 0.995, density: 0.014459743026917434 },
  { level: 0.999, density: 0.003367090077063996 },
];

/** L = exp(lambda z): a shift of the whole distribution. */
const SHIFTS: readonly number[] = [0.1, 0.2, 0.4, 0.8, 1.6, 3];
const SHIFT_WEIGHTS: readonly number[] = [0.12, 0.12, 0.12, 0.1, 0.08, 0.04];

/** L = odds above a level, 1 below it: a heavier tail. */
const STEPS: readonly { readonly level: number; readonly odds: number; readonly weight: number }[] = [
  { level: 0.9, odds: 2, weight: 0.05 },
  { level: 0.95, odds: 3, weight: 0.07 },
  { level: 0.975, odds: 3, weight: 0.07 },
  { level: 0.975, odds: 10, weight: 0.03 },
  { level: 0.99, odds: 2, weight: 0.06 },
  { level: 0.99, odds: 4, weight: 0.07 },
  { level: 0.995, odds: 6, weight: 0.04 },
  { level: 0.999, odds: 10, weight: 0.03 },
];

const TILTS = SHIFTS.length + STEPS.length;
/** The weights of the tilts, shifts first. */
export const TILT_WEIGHTS: readonly number[] = [...SHIFT_WEIGHTS, ...STEPS.map(({ weight }) => weight)];

/** Past mass at which betting starts: in total, and in each bin. */
const STARTING_TOTAL = 200;
const STARTING_BIN_MASS = 1;
/** About how much past the highest bin, above the p99.9, takes to hold so much. */
export const ENOUGH_FOR_BINS = 1_000;

export function openDominance(): OnsetMixture {
  return openMixture(TILTS);
}

/** The bins of the stable's past; null while it has too little mass, in total or in some bin. */
export function binsOf(reference: Tails): Bins | null {
  if (reference.total < STARTING_TOTAL) return null;
  const edges: number[] = [];
  const levels: number[] = [];
  for (const { level } of BIN_LEVELS) {
    const edge = tailBucket(reference, level);
    if (edge === null) return null;
    if (edge === edges.at(-1)) levels[levels.length - 1] = level;
    else {
      edges.push(edge);
      levels.push(level);
    }
  }
  const masses = countBins(reference, edges, 0);
  if (Math.min(...masses) < STARTING_BIN_MASS) return null;
  return { edges, levels, shares: masses.map((mass) => mass / reference.total) };
}

/** One block of latencies; nothing changes unless there are bins, and something to compare. */
export function stepDominance(
  mixture: OnsetMixture,
  bins: Bins | null,
  marginBuckets: number,
  block: { readonly canary: Tails; readonly stable: Tails },
  bet: Bet,
): OnsetMixture {
  if (bins === null || block.canary.total === 0 || block.stable.total === 0) return mixture;
  const { cap, harmCap = cap, phi, spent } = bet;
  const canary = countBins(block.canary, bins.edges, marginBuckets);
  const stable = countBins(block.stable, bins.edges, 0);
  return stepMixture(mixture, spent, dominanceLogE(bins, canary, stable, harmCap, phi));
}

export function logDominanceHarm(mixture: OnsetMixture): number {
  return logMixture(mixture, TILT_WEIGHTS);
}

/** The same in the last warm-up; null before the first. */
export function coldDominance(mixture: OnsetMixture): ColdLog | null {
  return coldLog(mixture, TILT_WEIGHTS);
}

/**
 * Log e-values of a block for each tilt, shifts first. With the tilt's ratio r_k = L_k / sum(s_k L_k) and
 * p_k = s_k (nc r_k + ns) / n, the terms ln(c_k/p_k) and ln(s_k/p_k) share ln((nc r_k + ns)/n).
 *
 * @param canary counts by bin against the shifted edges
 * @param stable counts by bin
 */
export function dominanceLogE(
  bins: Bins,
  canary: readonly number[],
  stable: readonly number[],
  cap: number,
  phi = 1,
): readonly number[] {
  const nc = total(canary);
  const ns = total(stable);
  const means = normalMeans(bins.levels);
  const logs: number[] = [];
  for (const lambda of SHIFTS) {
    const tilts: number[] = [];
    let norm = 0;
    for (let bin = 0; bin < bins.shares.length; bin += 1) {
      const tilt = Math.exp(lambda * (means[bin] ?? 0));
      tilts.push(tilt);
      norm += tilt * (bins.shares[bin] ?? 0);
    }
    let log = -nc * Math.log(norm);
    for (let bin = 0; bin < tilts.length; bin += 1) {
      const xc = canary[bin] ?? 0;
      const both = xc + (stable[bin] ?? 0);
      if (both === 0) continue;
      log += xc * lambda * (means[bin] ?? 0) - both * Math.log((nc * ((tilts[bin] ?? 0) / norm) + ns) / (nc + ns));
    }
    logs.push(Math.min(cap, log / phi));
  }
  for (const { level, odds } of STEPS) {
    const first = bins.levels.findIndex((edge) => edge >= level) + 1;
    const share = total(bins.shares.slice(first));
    const xc = total(canary.slice(first));
    const both = xc + total(stable.slice(first));
    const norm = 1 + (odds - 1) * share;
    const log =
      xc * Math.log(odds) -
      nc * Math.log(norm) -
      both * Math.log((nc * (odds / norm) + ns) / (nc + ns)) -
      (nc + ns - both) * Math.log((nc / norm + ns) / (nc + ns));
    logs.push(Math.min(cap, log / phi));
  }
  return logs;
}

/** Counts in each bin, with every edge moved up by `shift` buckets. */
export function countBins(counts: Tails, edges: readonly number[], shift: number): number[] {
  let above = counts.total;
  const bins = edges.map((edge) => {
    const beyond = tailAbove(counts, edge + shift);
    const inside = above - beyond;
    above = beyond;
    return inside;
  });
  bins.push(above);
  return bins;
}

// The mean of a standard normal variable between its quantiles at the bin's levels: rises with the bin.
function normalMeans(levels: readonly number[]): readonly number[] {
  const kept = BIN_LEVELS.filter(({ level }) => levels.includes(level));
  let lower: Level = { level: 0, density: 0 };
  return [...kept, { level: 1, density: 0 }].map((upper) => {
    const mean = (lower.density - upper.density) / (upper.level - lower.level);
    lower = upper;
    return mean;
  });
}

function total(counts: readonly number[]): number {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
}
