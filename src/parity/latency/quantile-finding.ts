import { levelOf } from '../../policy/names.ts';
import type { Checks } from '../../policy/schema.ts';
import type { LatencyGrid } from '../../stats/block.ts';
import { type Interval, quantileInterval } from '../../stats/evidence/confidence.ts';
import { bucketMs } from '../../stats/latency/log-histogram.ts';
import {
  logQuantileHarm,
  logQuantileParity,
  parityEdge,
  type QuantileState,
  quantileEdge,
  STARTING_MASS,
} from '../../stats/latency/quantile.ts';
import { type Tails, tailBucket } from '../../stats/latency/tails.ts';
import { quantileGain } from '../../stats/rates/forecast.ts';
import type { FindingContext } from '../context.ts';
import { formatAbout, formatLatency, formatShare, formatSpan } from '../figures.ts';
import type { Finding } from '../finding.ts';
import { WIDER } from '../in-time.ts';
import { forecastAtNextWeights, forecastNeeds, isContrary, parityInWords, sayNoForecast } from '../needs.ts';
import { bucketMargins } from './bucket-margins.ts';
import { latencyLabel } from './until.ts';

/** The finding of one quantile check. `reference` is the stable's past, which the state keeps. */
export function quantileFinding(
  checks: Checks,
  name: string,
  state: QuantileState,
  reference: Tails,
  context: FindingContext,
  warmUpLeftMs: number,
): Finding {
  const { grid } = context;
  const label = latencyLabel(checks, name);
  const level = levelOf(name);
  const logParity = logQuantileParity(state);
  const edge = quantileEdge(reference, level);
  const margins = bucketMargins(checks, name, edge, grid, context.allowance);
  const shown = parityEdge(reference, level, margins.parity);
  const betting = edge !== null && edge.mass >= STARTING_MASS;
  const canary = tailBucket(context.latency.canary, level);
  const stable = tailBucket(context.latency.stable, level);
  const gainBy = (buckets: number) => {
    const at = betting ? parityEdge(reference, level, buckets) : null;
    return at === null ? null : (share: number) => quantileGain(at.equal, at.share, share);
  };
  const gainAt = gainBy(margins.parity);
  const needs = gainAt === null ? null : forecastNeeds(context, logParity, gainAt, context.phi.latency);
  const parityMargin = formatMargin(margins.parity, grid);
  const isBeyond = canary !== null && stable !== null && canary > stable + margins.parity;
  const forecasts = !isContrary(logParity, isBeyond);
  return {
    check: name,
    canary: canary === null ? null : bucketMs(canary, grid),
    stable: stable === null ? null : bucketMs(stable, grid),
    unit: 'ms',
    quantile: name,
    ...(label === name ? {} : { named: label }),
    bounds: {
      canary: boundsInMs(context.latency.canary, level, grid),
      stable: boundsInMs(context.latency.stable, level, grid),
    },
    requests: {
      canary: context.latency.canary.total,
      stable: context.latency.stable.total,
    },
    logHarm: logQuantileHarm(state),
    budgetWeight: context.budgetWeight,
    dispersion: context.phi.latency,
    logParity,
    logParityThreshold: context.logParityThreshold,
    rollbackMargin: formatMargin(margins.rollback, grid),
    parityMargin,
    limits: {
      rollback: stable === null ? null : bucketMs(stable + margins.rollback, grid),
      parity: stable === null ? null : bucketMs(stable + margins.parity, grid),
    },
    needsCanaryRequests: forecasts ? needs : null,
    needsAt:
      gainAt === null || !forecasts ? [] : forecastAtNextWeights(context, logParity, gainAt, context.phi.latency),
    says: says(),
  };

  function says(): string {
    if (warmUpLeftMs > 0) return `${label}: not judged while the canary warms up, ${formatSpan(warmUpLeftMs)} are left`;
    if (!betting) {
      const missing = Math.ceil((STARTING_MASS - (edge?.mass ?? 0)) / (1 - level));
      return `${label}: waits for about ${formatAbout(missing)} more answers of the stable`;
    }
    if (shown === null) {
      const bucket = formatMargin(1, grid);
      return `${label}: parity cannot be shown, because its margin is narrower than a bucket of latencies, ${bucket}: widen it`;
    }
    if (canary === null || stable === null || needs === null || gainAt === null) return sayNoForecast(label, context);
    const figures = `${label} ${formatLatency(bucketMs(canary, grid))} against ${formatLatency(bucketMs(stable, grid))}`;
    const wider = WIDER.flatMap((times) => {
      const buckets = Math.ceil(times * margins.parity);
      const gain = gainBy(buckets);
      return gain === null ? [] : [{ margin: formatMargin(buckets, grid), gainAt: gain }];
    });
    const gain = { gainAt, phi: context.phi.latency, wider };
    const says = parityInWords(label, figures, { logParity, parityMargin, isBeyond, needs, gain }, context);
    if (shown.level === level) return says;
    return `${says}; compared at p${Number((100 * shown.level).toFixed(2))}, because the latencies leave a gap at ${name}`;
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
