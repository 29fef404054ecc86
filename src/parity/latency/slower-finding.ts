import { levelOf } from '../../policy/names.ts';
import type { Checks } from '../../policy/schema.ts';
import type { SlowerCounts } from '../../stats/block.ts';
import { rateInterval } from '../../stats/evidence/confidence.ts';
import { boundaryAt } from '../../stats/evidence/e-value.ts';
import {
  aboveAt,
  type BoundaryState,
  ENOUGH_PAST,
  HIGHEST_SHARE,
  interpolatedQuantile,
  LOWEST_SHARE,
  logBoundaryHarm,
  logBoundaryParity,
  pastShare,
  takesPart,
} from '../../stats/latency/slower.ts';
import type { FindingContext } from '../context.ts';
import { formatAbout, formatErrorMargin, formatLatency, formatShare, formatSpan } from '../figures.ts';
import type { Finding } from '../finding.ts';
import { edgeOf, limitsAbove } from '../limits/limits.ts';
import { forecastAtNextWeights, forecastNeeds, isContrary, parityInWords, sayNoForecast } from '../needs.ts';
import { rateParityGain } from '../rate.ts';
import { QUANTILES } from './latency.ts';
import { slowerRateMargins } from './slower.ts';

/**
 * The findings when latencies are known only at boundaries: one for each boundary that takes part, or that still has
 * evidence of harm from when it did. When none takes part, the nearest one says what is missing, so that a missing
 * boundary never counts as parity. The quantiles are figures and claim nothing.
 */
export function slowerFindings(
  checks: Checks,
  states: readonly BoundaryState[],
  context: FindingContext,
  warmUpLeftMs: number,
): readonly Finding[] {
  const { canary, stable } = context.figures;
  const open = states.some(takesPart) ? null : nearestToPart(states);
  const findings = states.flatMap((state, index) => {
    if (index !== open && !takesPart(state) && logBoundaryHarm(state) <= 0) return [];
    const claims = index === open || takesPart(state);
    return slowerFinding(checks, state, index, claims ? 'claims-parity' : 'no-parity', context, warmUpLeftMs);
  });
  return [...QUANTILES.map((name) => interpolatedFinding(name, canary.slower, stable.slower, context)), ...findings];
}

function slowerFinding(
  checks: Checks,
  state: BoundaryState,
  index: number,
  parity: 'claims-parity' | 'no-parity',
  context: FindingContext,
  warmUpLeftMs: number,
): Finding {
  const { rollback, parity: allowed } = checks.latency.classic;
  const margins = slowerRateMargins(checks);
  const logParity = logBoundaryParity(state);
  const canary = figuresAt(context.figures.canary.slower, index);
  const stable = figuresAt(context.figures.stable.slower, index);
  const phi = context.phi.latency;
  const gain = rateParityGain(state.rate, margins, allowed, phi);
  const { gainAt } = gain;
  const takes = parity === 'claims-parity' && takesPart(state);
  const needs = takes ? forecastNeeds(context, logParity, gainAt, phi) : null;
  const { share: ours } = canary;
  const { share: theirs } = stable;
  const isBeyond =
    ours !== null && theirs !== null && margins.parity.every((boundary) => ours > boundaryAt(boundary, theirs));
  const forecasts = takes && !isContrary(logParity, isBeyond);
  const parityMargin = formatErrorMargin(allowed, 'or');
  const name = `slower than ${formatLatency(state.ms)}`;
  return {
    check: `slower:${state.ms}`,
    canary: canary.share,
    stable: stable.share,
    unit: 'share',
    quantile: null,
    bounds: { canary: canary.bounds, stable: stable.bounds },
    requests: { canary: canary.answers, stable: stable.answers },
    logHarm: logBoundaryHarm(state),
    budgetWeight: context.budgetWeight,
    dispersion: phi,
    logParity: parity === 'claims-parity' ? logParity : null,
    logParityThreshold: parity === 'claims-parity' ? context.logParityThreshold : null,
    rollbackMargin: formatErrorMargin(rollback, '+'),
    parityMargin: parity === 'claims-parity' ? parityMargin : null,
    limits: limitsAbove(stable.share, edgeOf(rollback), parity === 'claims-parity' ? margins.parity : []),
    needsCanaryRequests: forecasts ? needs : null,
    needsAt: forecasts ? forecastAtNextWeights(context, logParity, gainAt, phi) : [],
    says: says(),
  };

  function says(): string {
    if (warmUpLeftMs > 0) return `${name}: not judged while the canary warms up, ${formatSpan(warmUpLeftMs)} are left`;
    const past = pastShare(state.rate.stable);
    if (past === null) {
      const missing = Math.ceil(ENOUGH_PAST - state.rate.stable.requests);
      return `${name}: waits for about ${formatAbout(missing)} more answers of the stable`;
    }
    if (!takesPart(state)) {
      return (
        `${name}: ${formatShare(past)} of the stable's answers are, and a boundary that ` +
        `${formatShare(LOWEST_SHARE)} to ${formatShare(HIGHEST_SHARE)} exceed is what can be compared`
      );
    }
    if (canary.share === null || stable.share === null || needs === null) return sayNoForecast(name, context);
    const figures = `${name} ${formatShare(canary.share)} against ${formatShare(stable.share)}`;
    return parityInWords(name, figures, { logParity, parityMargin, isBeyond, needs, gain }, context);
  }
}

/** A quantile between the boundaries of a histogram: a figure for people, which is not tested. */
export function interpolatedFinding(
  name: string,
  canary: SlowerCounts | undefined,
  stable: SlowerCounts | undefined,
  context: FindingContext,
): Finding {
  const canaryMs = canary === undefined ? null : interpolatedQuantile(canary, levelOf(name));
  const stableMs = stable === undefined ? null : interpolatedQuantile(stable, levelOf(name));
  const about =
    canaryMs === null || stableMs === null
      ? 'no traffic to compare yet'
      : `about ${formatLatency(canaryMs)} against about ${formatLatency(stableMs)}`;
  return {
    check: name,
    canary: canaryMs,
    stable: stableMs,
    unit: 'ms',
    quantile: name,
    figures: 'interpolated',
    bounds: { canary: null, stable: null },
    requests: { canary: canary?.answers ?? 0, stable: stable?.answers ?? 0 },
    logHarm: 0,
    budgetWeight: 0,
    dispersion: context.phi.latency,
    logParity: null,
    logParityThreshold: null,
    rollbackMargin: 'none: the shares above the boundaries are judged',
    parityMargin: null,
    needsCanaryRequests: null,
    needsAt: [],
    says: `${name}: ${about}, between the boundaries of a histogram, whose shares are judged instead`,
  };
}

// The boundary whose past share is least out of range; a boundary without a past counts as farthest out.
function nearestToPart(states: readonly BoundaryState[]): number {
  let nearest = 0;
  let distance = Number.POSITIVE_INFINITY;
  for (const [index, { rate }] of states.entries()) {
    const share = pastShare(rate.stable);
    if (share === null) continue;
    const away = share > HIGHEST_SHARE ? Math.log(share / HIGHEST_SHARE) : Math.log(LOWEST_SHARE / share);
    if (away >= distance) continue;
    nearest = index;
    distance = away;
  }
  return nearest;
}

function figuresAt(counts: SlowerCounts | undefined, index: number) {
  const answers = counts?.answers ?? 0;
  const above = aboveAt(counts, index);
  return { answers, share: answers === 0 ? null : above / answers, bounds: rateInterval(above, answers) };
}
