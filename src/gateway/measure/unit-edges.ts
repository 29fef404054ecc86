import { isDivided } from '../../split/assign.ts';
import type { LatencyAllowance, LatencyAllowances, SplitOrder } from '../../split/order.ts';
import type { LatencyCounts } from '../../stats/block.ts';
import { decayOver } from '../../stats/evidence/decay.ts';
import { normalQuantile } from '../../stats/evidence/normal.ts';
import {
  addHistograms,
  bucketMs,
  bucketsWithin,
  decayHistogram,
  EMPTY,
  type Histogram,
  histogramOf,
} from '../../stats/latency/log-histogram.ts';
import { type Tails, tailAbove, tailBucket, tailsOf } from '../../stats/latency/tails.ts';
import type { UnitEdges } from '../../stats/units/unit-block.ts';

const HALF_LIFE_MS = 300_000;
const FEWEST_ANSWERS = 200;
/** A process that has just begun sees latencies far above its usual ones. */
const SETTLED_MS = 300_000;

/** Where the mean score has its bins. */
const LEVELS = [0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99] as const;
/** Where next to nothing of the past is above the highest edge, its bin has this share all the same. */
const LEAST_SHARE = 0.005;

const NO_MARGIN: LatencyAllowance = { relative: 0, absoluteMs: 0 };
const NONE = { p50: NO_MARGIN, p95: NO_MARGIN, p99: NO_MARGIN };
const NO_MARGINS: LatencyAllowances = { rollback: NONE, parity: NONE, dominance: NO_MARGIN };

/**
 * Learns from the stable the latencies above which the answers of a unit are counted. While versions are compared they stay as they
 * were when the weight was set: whom the stable serves then depends on the draw, and what is counted must not.
 */
export class UnitEdgesLearner {
  private past: Histogram = EMPTY;
  private learnedMs = 0;
  private edges: UnitEdges | null = null;
  private order: SplitOrder;

  constructor(order: SplitOrder) {
    this.order = order;
  }

  get present(): UnitEdges | null {
    return this.edges;
  }

  follow(order: SplitOrder): void {
    const isMove = order.epoch === this.order.epoch && this.isCompared;
    this.order = order;
    // The moves of one increase are one experiment.
    if (!isMove) this.edges = this.read();
  }

  /** A block has closed; its edges came from the blocks before it. */
  learn(durationMs: number, stable: LatencyCounts): void {
    this.past = addHistograms(decayHistogram(this.past, decayOver(durationMs, HALF_LIFE_MS)), histogramOf(stable));
    this.learnedMs += durationMs;
    if (this.edges === null || !this.isCompared || this.learnedMs <= SETTLED_MS) this.edges = this.read();
  }

  private get isCompared(): boolean {
    const { canary, canaryBps } = this.order;
    return canary !== null && isDivided(canaryBps);
  }

  private read(): UnitEdges | null {
    if (this.past.total < FEWEST_ANSWERS) return this.edges;
    return unitEdges(tailsOf(this.past), this.order.measure.margins ?? NO_MARGINS);
  }
}

/**
 * The edges of a past of the stable. A bin's score is the mean of a standard normal variable in the part of its distribution
 * that the bin is of the past's, made to a variance of 1.
 */
export function unitEdges(past: Tails, { rollback, parity, dominance }: LatencyAllowances): UnitEdges {
  const bucketAt = (level: number) => tailBucket(past, level) ?? 0;
  const shifted = (bucket: number, { relative, absoluteMs }: LatencyAllowance) =>
    bucket + bucketsWithin(1 + Math.max(relative, absoluteMs / bucketMs(bucket)));
  const [p50, p95, p99] = [bucketAt(0.5), bucketAt(0.95), bucketAt(0.99)];
  const moved = (by: LatencyAllowances['rollback']) =>
    [bucketMs(shifted(p50, by.p50)), bucketMs(shifted(p95, by.p95)), bucketMs(shifted(p99, by.p99))] as const;
  const { bins, scores } = binsOfScore(past);
  const byDominance = bucketsWithin(1 + Math.max(dominance.relative, dominance.absoluteMs / bucketMs(p50)));
  return {
    stable: moved(NONE),
    harm: moved(rollback),
    parity: moved(parity),
    bins: bins.map((bucket) => bucketMs(bucket)),
    canaryBins: bins.map((bucket) => bucketMs(bucket + byDominance)),
    scores,
  };
}

function binsOfScore(past: Tails): { readonly bins: readonly number[]; readonly scores: readonly number[] } {
  const bins = [...new Set(LEVELS.map((level) => tailBucket(past, level) ?? 0))];
  const belows = bins.map((edge, bin) => {
    const below = 1 - tailAbove(past, edge) / past.total;
    return bin === bins.length - 1 ? Math.min(below, 1 - LEAST_SHARE) : below;
  });
  const densities = belows.map((below) => Math.exp(-0.5 * normalQuantile(below) ** 2) / Math.sqrt(2 * Math.PI));
  const shares = [...belows, 1].map((below, bin) => below - (belows[bin - 1] ?? 0));
  const scores = [...densities, 0].map((density, bin) => ((densities[bin - 1] ?? 0) - density) / (shares[bin] ?? 1));
  const deviation = Math.sqrt(scores.reduce((sum, score, bin) => sum + score ** 2 * (shares[bin] ?? 0), 0));
  return { bins, scores: scores.map((score) => score / deviation) };
}
