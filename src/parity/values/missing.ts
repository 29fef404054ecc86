import type { ValueTerms } from '../../policy/checks/answer-checks.ts';
import type { Tally } from '../../stats/block.ts';
import type { Bet } from '../../stats/evidence/bet.ts';
import { rateInterval } from '../../stats/evidence/confidence.ts';
import { type BlockCounts, type Boundary, boundaryAt } from '../../stats/evidence/e-value.ts';
import {
  type ColdLog,
  coldLog,
  logMixture,
  type OnsetMixture,
  openMixture,
  stepMixture,
} from '../../stats/evidence/onset.ts';
import { TOWARDS_ALL, TOWARDS_ALL_WEIGHTS, towardsAllLogE } from '../../stats/evidence/towards-all.ts';
import {
  expectedRate,
  logRateParity,
  openRate,
  type RateMargins,
  type RateState,
  restartRateParity,
  stepRate,
} from '../../stats/rates/error-rate.ts';
import type { FindingContext, Sight } from '../context.ts';
import { formatCount, formatErrorMargin, formatShare, formatSpan } from '../figures.ts';
import type { CheckName, Finding } from '../finding.ts';
import { edgeOf, limitsAbove } from '../limits/limits.ts';
import { forecastAtNextWeights, forecastNeeds, isContrary, parityInWords, sayNoForecast } from '../needs.ts';
import { rateParityGain } from '../rate.ts';
import { perRequest, scaled } from './value-gain.ts';
import { settledOf } from './value-past.ts';

type MissingTerms = ValueTerms['missing'];

/** The share of answers without a value: parity as of any share, and harm against all of them. */
export interface MissingState {
  readonly rate: RateState;
  readonly lost: OnsetMixture;
}

export function openMissing(terms: MissingTerms): MissingState {
  return { rate: openRate(marginsOf(terms)), lost: openMixture(TOWARDS_ALL.length) };
}

/** One block. What comes instead of a number counts as none. */
export function stepMissing(
  { rate, lost }: MissingState,
  terms: MissingTerms,
  name: string,
  sight: Pick<Sight, 'settled' | 'compared'>,
  bet: Bet,
): MissingState {
  const block = settledOf(sight);
  const counts = countsOf(block, name);
  const s1 = expectedRate(rate);
  const { cap, harmCap = cap, phi, spent } = bet;
  const isCompared = counts.nc > 0 && counts.ns > 0;
  return {
    rate: stepRate(rate, marginsOf(terms), counts, block.durationMs, bet),
    lost: isCompared
      ? stepMixture(lost, spent, towardsAllLogE(counts, counts, s1, harmBoundary(terms), harmCap, phi))
      : lost,
  };
}

export function restartMissing({ rate, lost }: MissingState): MissingState {
  return { rate: restartRateParity(rate), lost };
}

export function logMissingHarm({ lost }: MissingState): number {
  return logMixture(lost, TOWARDS_ALL_WEIGHTS);
}

export function coldMissing({ lost }: MissingState): ColdLog | null {
  return coldLog(lost, TOWARDS_ALL_WEIGHTS);
}

/** `answers without tokens 100 % against 0 %`. */
export function missingFinding(
  check: CheckName,
  label: string,
  name: string,
  terms: MissingTerms,
  state: MissingState,
  context: FindingContext,
  warmUpLeftMs: number,
): Finding {
  const phi = context.phi.rate;
  const counts = countsOf(context.figures, name);
  const canary = counts.nc === 0 ? null : counts.xc / counts.nc;
  const stable = counts.ns === 0 ? null : counts.xs / counts.ns;
  const margins = marginsOf(terms);
  const logParity = logRateParity(state.rate);
  const gain = scaled(rateParityGain(state.rate, margins, terms.parity, phi), perRequest(context, name));
  const needs = forecastNeeds(context, logParity, gain.gainAt, phi);
  const parityMargin = formatErrorMargin(terms.parity, 'or');
  const isBeyond =
    canary !== null && stable !== null && margins.parity.every((boundary) => canary > boundaryAt(boundary, stable));
  const forecasts = needs !== null && !isContrary(logParity, isBeyond);
  return {
    check,
    canary,
    stable,
    unit: 'share',
    subject: label,
    quantile: null,
    bounds: { canary: rateInterval(counts.xc, counts.nc), stable: rateInterval(counts.xs, counts.ns) },
    requests: { canary: counts.nc, stable: counts.ns },
    counted: 'answers',
    logHarm: logMissingHarm(state),
    budgetWeight: context.budgetWeight,
    dispersion: phi,
    logParity,
    logParityThreshold: context.logParityThreshold,
    rollbackMargin: formatErrorMargin(terms.rollback, '+'),
    parityMargin,
    limits: limitsAbove(stable, harmBoundary(terms), margins.parity),
    needsCanaryRequests: forecasts ? needs : null,
    needsAt: forecasts ? forecastAtNextWeights(context, logParity, gain.gainAt, phi) : [],
    says: says(),
  };

  function says(): string {
    if (warmUpLeftMs > 0) return `${label}: not judged while the canary warms up, ${formatSpan(warmUpLeftMs)} are left`;
    if (canary === null || stable === null || needs === null) return sayNoForecast(label, context);
    const figures = `${label} ${formatShare(canary)} against ${formatShare(stable)}${sayUnusable(context, name)}`;
    return parityInWords(label, figures, { logParity, parityMargin, isBeyond, needs, gain }, context);
  }
}

function sayUnusable({ figures: { canary, stable } }: FindingContext, name: string): string {
  const ours = canary.values?.[name]?.unusable ?? 0;
  const theirs = stable.values?.[name]?.unusable ?? 0;
  if (ours + theirs === 0) return '';
  return ` (${formatCount(ours)} and ${formatCount(theirs)} of them with something that is no number from 0 on)`;
}

function marginsOf({ parity }: MissingTerms): RateMargins {
  return {
    // Harm has a test of its own: any share up to all answers may lack a value.
    rollback: null,
    parity: [
      { rho: 1 + parity.relative, a: 0 },
      { rho: 1, a: parity.absolute },
    ],
  };
}

function harmBoundary({ rollback }: MissingTerms): Boundary {
  return edgeOf(rollback);
}

function countsOf(
  { canary, stable }: { readonly canary: Carrying | null; readonly stable: Carrying | null },
  name: string,
): BlockCounts {
  const ours = without(canary, name);
  const theirs = without(stable, name);
  return { nc: ours.asked, xc: ours.without, ns: theirs.asked, xs: theirs.without };
}

type Carrying = Pick<Tally, 'values'>;

function without(tally: Carrying | null, name: string) {
  const { asked = 0, missing = 0, unusable = 0 } = tally?.values?.[name] ?? {};
  return { asked, without: missing + unusable };
}
