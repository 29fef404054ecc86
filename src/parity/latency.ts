import type { Checks, LatencyMargin } from '../policy/schema.ts';
import type { Bet } from '../stats/bet.ts';
import type { Block } from '../stats/block.ts';
import { decayOver } from '../stats/decay.ts';
import { quantileGain } from '../stats/forecast.ts';
import {
  addHistograms,
  bucketMs,
  bucketsWithin,
  decayHistogram,
  EMPTY,
  GAMMA,
  type Histogram,
  histogramOf,
  quantileBucket,
} from '../stats/log-histogram.ts';
import { UNSHOWN } from '../stats/parity-process.ts';
import {
  type BucketMargins,
  logQuantileHarm,
  logQuantileParity,
  openQuantile,
  parityShare,
  type QuantileEdge,
  type QuantileState,
  quantileEdge,
  STARTING_MASS,
  stepQuantile,
} from '../stats/quantile.ts';
import type { FindingContext } from './context.ts';
import { formatAbout, formatLatency, formatShare, formatSpan } from './figures.ts';
import type { Finding, QuantileName } from './finding.ts';
import { forecastNeeds, needsInWords } from './needs.ts';

export const LEVELS: Readonly<Record<QuantileName, number>> = { p50: 0.5, p95: 0.95, p99: 0.99 };
export const QUANTILES: readonly QuantileName[] = ['p50', 'p95', 'p99'];

/** What the latency checks remember: the stable's past, and one test for each quantile. */
export interface LatencyState extends Readonly<Record<QuantileName, QuantileState>> {
  readonly reference: Histogram;
}

const CONTRARY = -1;

export function openLatency(): LatencyState {
  return { reference: EMPTY, p50: openQuantile(), p95: openQuantile(), p99: openQuantile() };
}

/**
 * One block of the randomised comparison, tested against edges of the past, then learnt from. During the warm-up the
 * stable is learnt and nothing is tested.
 */
export function observeLatency(
  checks: Checks,
  state: LatencyState,
  block: Block,
  bet: Bet,
  phase: 'warm-up' | 'judged',
  referenceHalfLifeMs: number,
): LatencyState {
  const stable = histogramOf(block.stable?.latency ?? {});
  const canary = histogramOf(block.canary?.latency ?? {});
  const kept = decayOver(block.durationMs, referenceHalfLifeMs);
  const reference = addHistograms(decayHistogram(state.reference, kept), stable);
  if (phase === 'warm-up') return { ...state, reference };
  const next = (name: QuantileName) => {
    const edge = quantileEdge(state.reference, LEVELS[name]);
    const margins = bucketMargins(checks, name, edge);
    return stepQuantile(state[name], state.reference, LEVELS[name], margins, { canary, stable }, bet);
  };
  return { reference, p50: next('p50'), p95: next('p95'), p99: next('p99') };
}

export function restartLatencyParity(state: LatencyState): LatencyState {
  const restarted = (name: QuantileName) => ({ ...state[name], parity: UNSHOWN });
  return { ...state, p50: restarted('p50'), p95: restarted('p95'), p99: restarted('p99') };
}

/** The largest threshold of the quantile checks in ms; null before the stable has any latency. */
export function slowestThresholdMs(checks: Checks, state: LatencyState): number | null {
  const thresholds = QUANTILES.map((name) => {
    const edge = quantileEdge(state.reference, LEVELS[name]);
    if (edge === null) return Number.NEGATIVE_INFINITY;
    const margins = bucketMargins(checks, name, edge);
    return edge.bucket + Math.max(margins.rollback, margins.parity);
  });
  const slowest = Math.max(...thresholds);
  return Number.isFinite(slowest) ? bucketMs(slowest) : null;
}

/** The margins in buckets at the stable's past quantile: of the relative and the absolute one the larger is allowed. */
export function bucketMargins(checks: Checks, name: QuantileName, edge: QuantileEdge | null): BucketMargins {
  const { rollback, parity } = checks.latency[name];
  return { rollback: allowedBuckets(rollback, edge), parity: allowedBuckets(parity, edge) };
}

export function quantileFinding(
  checks: Checks,
  name: QuantileName,
  state: LatencyState,
  context: FindingContext,
  warmUpLeftMs: number,
): Finding {
  const logParity = logQuantileParity(state[name]);
  const edge = quantileEdge(state.reference, LEVELS[name]);
  const margins = bucketMargins(checks, name, edge);
  const equal = edge === null ? null : parityShare(state.reference, edge, margins.parity);
  const betting = edge !== null && edge.mass >= STARTING_MASS;
  const canary = quantileBucket(context.figures.canary.latency, LEVELS[name]);
  const stable = quantileBucket(context.figures.stable.latency, LEVELS[name]);
  const needs =
    betting && equal !== null
      ? forecastNeeds(context, logParity, (share) => quantileGain(equal, edge.share, share))
      : null;
  const parityMargin = formatMargin(margins.parity);
  return {
    check: name,
    canary: canary === null ? null : bucketMs(canary),
    stable: stable === null ? null : bucketMs(stable),
    unit: 'ms',
    requests: {
      canary: context.figures.canary.latency.total,
      stable: context.figures.stable.latency.total,
    },
    logHarm: logQuantileHarm(state[name]),
    budgetWeight: context.budgetWeight,
    logParity,
    logParityThreshold: context.logParityThreshold,
    rollbackMargin: formatMargin(margins.rollback),
    parityMargin,
    needsCanaryRequests: needs,
    says: says(),
  };

  function says(): string {
    if (warmUpLeftMs > 0) return `${name}: not judged while the canary warms up, ${formatSpan(warmUpLeftMs)} are left`;
    if (!betting) {
      const missing = Math.ceil((STARTING_MASS - (edge?.mass ?? 0)) / (1 - LEVELS[name]));
      return `${name}: waits for about ${formatAbout(missing)} more answers of the stable`;
    }
    if (equal === null) return `${name}: the parity margin of ${parityMargin} is too narrow to show anything`;
    if (canary === null || stable === null || needs === null) return `${name}: no traffic to compare yet`;
    const figures = `${name} ${formatLatency(bucketMs(canary))} against ${formatLatency(bucketMs(stable))}`;
    if (logParity >= context.logParityThreshold) return `${figures}, inside the parity margin of ${parityMargin}`;
    if (canary > stable + margins.parity && logParity < CONTRARY) {
      return `${figures}, so far outside the parity margin of ${parityMargin}`;
    }
    return `${name}: ${needsInWords(needs, context.pace)}`;
  }
}

function allowedBuckets(margin: LatencyMargin, edge: QuantileEdge | null): number {
  const relative = bucketsWithin(1 + margin.relative);
  if (edge === null) return relative;
  return Math.max(relative, bucketsWithin(1 + margin.absoluteMs / bucketMs(edge.bucket)));
}

function formatMargin(buckets: number): string {
  return formatShare(GAMMA ** buckets - 1);
}
