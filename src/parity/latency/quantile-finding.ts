import type { Checks } from '../../policy/schema.ts';
import type { LatencyGrid } from '../../stats/block.ts';
import { type Interval, quantileInterval } from '../../stats/evidence/confidence.ts';
import { isSameGrid } from '../../stats/latency/latency-grid.ts';
import { bucketMs, GATEWAY_GRID } from '../../stats/latency/log-histogram.ts';
import {
  logQuantileHarm,
  logQuantileParity,
  parityShare,
  quantileEdge,
  STARTING_MASS,
} from '../../stats/latency/quantile.ts';
import { type Tails, tailBucket } from '../../stats/latency/tails.ts';
import { quantileGain } from '../../stats/rates/forecast.ts';
import type { FindingContext } from '../context.ts';
import { formatAbout, formatLatency, formatShare, formatSpan } from '../figures.ts';
import type { Finding, QuantileName } from '../finding.ts';
import { forecastAtNextWeights, forecastNeeds, parityInWords } from '../needs.ts';
import { bucketMargins } from './bucket-margins.ts';
import { type LatencyState, LEVELS } from './latency.ts';

/** The finding of one quantile check. `reference` is the stable's past, which the state keeps. */
export function quantileFinding(
  checks: Checks,
  name: QuantileName,
  state: LatencyState,
  reference: Tails,
  context: FindingContext,
  warmUpLeftMs: number,
): Finding {
  const { grid } = context;
  const logParity = logQuantileParity(state[name]);
  const edge = quantileEdge(reference, LEVELS[name]);
  const margins = bucketMargins(checks, name, edge, grid);
  const equal = edge === null ? null : parityShare(reference, edge, margins.parity);
  const betting = edge !== null && edge.mass >= STARTING_MASS;
  const canary = tailBucket(context.latency.canary, LEVELS[name]);
  const stable = tailBucket(context.latency.stable, LEVELS[name]);
  const gainAt = betting && equal !== null ? (share: number) => quantileGain(equal, edge.share, share) : null;
  const needs = gainAt === null ? null : forecastNeeds(context, logParity, gainAt, context.phi.latency);
  const parityMargin = formatMargin(margins.parity, grid);
  return {
    check: name,
    canary: canary === null ? null : bucketMs(canary, grid),
    stable: stable === null ? null : bucketMs(stable, grid),
    unit: 'ms',
    quantile: name,
    bounds: {
      canary: boundsInMs(context.latency.canary, LEVELS[name], grid),
      stable: boundsInMs(context.latency.stable, LEVELS[name], grid),
    },
    requests: {
      canary: context.latency.canary.total,
      stable: context.latency.stable.total,
    },
    logHarm: logQuantileHarm(state[name]),
    budgetWeight: context.budgetWeight,
    dispersion: context.phi.latency,
    logParity,
    logParityThreshold: context.logParityThreshold,
    rollbackMargin: formatMargin(margins.rollback, grid),
    parityMargin,
    needsCanaryRequests: needs,
    needsAt: gainAt === null ? [] : forecastAtNextWeights(context, logParity, gainAt, context.phi.latency),
    says: says(),
  };

  function says(): string {
    if (warmUpLeftMs > 0) return `${name}: not judged while the canary warms up, ${formatSpan(warmUpLeftMs)} are left`;
    if (!betting) {
      const missing = Math.ceil((STARTING_MASS - (edge?.mass ?? 0)) / (1 - LEVELS[name]));
      return `${name}: waits for about ${formatAbout(missing)} more answers of the stable`;
    }
    if (equal === null && margins.parity === 0 && !isSameGrid(grid, GATEWAY_GRID)) {
      const bucket = formatMargin(1, grid);
      return `${name}: the parity margin is narrower than a bucket of ${bucket}, so nothing can be shown at this resolution`;
    }
    if (equal === null) return `${name}: the parity margin of ${parityMargin} is too narrow to show anything`;
    if (canary === null || stable === null || needs === null) return `${name}: no traffic to compare yet`;
    const figures = `${name} ${formatLatency(bucketMs(canary, grid))} against ${formatLatency(bucketMs(stable, grid))}`;
    const isBeyond = canary > stable + margins.parity;
    return parityInWords(name, figures, { logParity, parityMargin, isBeyond, needs }, context);
  }
}

/** The confidence sequence of a quantile, in ms: from the lower edge of its lowest bucket to the upper edge of its highest. */
export function boundsInMs(tails: Tails, level: number, grid: LatencyGrid): Interval | null {
  const buckets = quantileInterval(tails, level);
  if (buckets === null) return null;
  return { low: bucketMs(buckets.low - 1, grid), high: buckets.high === null ? null : bucketMs(buckets.high, grid) };
}

function formatMargin(buckets: number, { ratio }: LatencyGrid): string {
  return formatShare(ratio ** buckets - 1);
}
