import type { Checks } from '../../policy/schema.ts';
import { binsOf, ENOUGH_FOR_BINS, logDominanceHarm } from '../../stats/latency/dominance.ts';
import { bucketMs } from '../../stats/latency/log-histogram.ts';
import { quantileEdge } from '../../stats/latency/quantile.ts';
import { type Tails, tailBucket } from '../../stats/latency/tails.ts';
import type { FindingContext } from '../context.ts';
import { formatAbout, formatLatency, formatShare } from '../figures.ts';
import type { Finding, QuantileName } from '../finding.ts';
import { dominanceLimit, rollbackBuckets } from './bucket-margins.ts';
import { type LatencyState, LEVELS, QUANTILES } from './latency.ts';
import { boundsInMs } from './quantile-finding.ts';
import { latencyLabel } from './until.ts';

/**
 * The finding of the whole-distribution check, with the figures of the quantile that differs most. It claims no
 * parity: that is shown quantile by quantile.
 */
export function dominanceFinding(
  checks: Checks,
  state: LatencyState,
  reference: Tails,
  context: FindingContext,
): Finding {
  const { grid } = context;
  const { canary, stable } = context.latency;
  const label = latencyLabel(checks, 'dominance');
  const margin = rollbackBuckets(dominanceLimit(checks), quantileEdge(reference, LEVELS.p50), grid, context.allowance);
  const quantile = furthestApart(canary, stable);
  const msOf = (tails: Tails, further = 0) => {
    const bucket = tailBucket(tails, LEVELS[quantile]);
    return bucket === null ? null : bucketMs(bucket + further, grid);
  };
  const canaryMs = msOf(canary);
  const stableMs = msOf(stable);
  return {
    check: 'dominance',
    canary: canaryMs,
    stable: stableMs,
    unit: 'ms',
    quantile,
    ...(label === 'dominance' ? {} : { named: latencyLabel(checks, 'dominance', quantile) }),
    bounds: { canary: boundsInMs(canary, LEVELS[quantile], grid), stable: boundsInMs(stable, LEVELS[quantile], grid) },
    requests: { canary: canary.total, stable: stable.total },
    logHarm: logDominanceHarm(state.dominance),
    budgetWeight: context.budgetWeight,
    dispersion: context.phi.latency,
    logParity: null,
    logParityThreshold: null,
    rollbackMargin: `${formatShare(grid.ratio ** margin - 1)} over the whole distribution`,
    parityMargin: null,
    limits: { rollback: msOf(stable, margin), parity: null },
    needsCanaryRequests: null,
    needsAt: [],
    says: says(),
  };

  function says(): string {
    if (binsOf(reference) === null) {
      const missing = ENOUGH_FOR_BINS - reference.total;
      if (missing > 0) return `${label}: waits for about ${formatAbout(missing)} more answers of the stable`;
      return `${label}: the latencies of the stable are too much alike to compare their distribution`;
    }
    if (canaryMs === null || stableMs === null) return `${label}: no traffic to compare yet`;
    return `${label}: furthest apart at ${quantile}, ${formatLatency(canaryMs)} against ${formatLatency(stableMs)}`;
  }
}

function furthestApart(canary: Tails, stable: Tails): QuantileName {
  let furthest: QuantileName = 'p50';
  let distance = Number.NEGATIVE_INFINITY;
  for (const name of QUANTILES) {
    const apart = (tailBucket(canary, LEVELS[name]) ?? 0) - (tailBucket(stable, LEVELS[name]) ?? 0);
    if (apart > distance) {
      furthest = name;
      distance = apart;
    }
  }
  return furthest;
}
