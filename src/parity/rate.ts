import type { Checks } from '../policy/schema.ts';
import type { KindOfAnswer } from '../stats/answer-kind.ts';
import type { Block, Tally } from '../stats/block.ts';
import type { Bet } from '../stats/evidence/bet.ts';
import { type Interval, rateInterval } from '../stats/evidence/confidence.ts';
import { type BlockCounts, boundaryAt } from '../stats/evidence/e-value.ts';
import type { Totals } from '../stats/evidence/window.ts';
import {
  expectedRate,
  logRateHarm,
  logRateParity,
  openRate,
  type RateMargins,
  type RateState,
  stepRate,
} from '../stats/rates/error-rate.ts';
import { rateGain } from '../stats/rates/forecast.ts';
import type { FindingContext } from './context.ts';
import { formatErrorMargin, formatShare } from './figures.ts';
import type { Finding } from './finding.ts';
import { forecastAtNextWeights, forecastNeeds, parityInWords } from './needs.ts';

/** The checks on shares of answers: errors, the 4xx that are not errors, and the kinds of all others. */
export type RateCheck = 'errors' | 'clientErrors' | KindOfAnswer;

const NAMES = { errors: 'errors', clientErrors: '4xx answers' } as const;

/** The margin of harm (of holding, for 4xx) is one line, the parity margin the larger of a ratio and a difference. */
export function rateMargins(checks: Checks, check: RateCheck): RateMargins {
  const parity = checks[check].parity;
  const harm = check === 'errors' ? checks.errors.rollback : checks.clientErrors.hold;
  return {
    rollback: { rho: 1 + harm.relative, a: harm.absolute },
    parity: [
      { rho: 1 + parity.relative, a: 0 },
      { rho: 1, a: parity.absolute },
    ],
  };
}

export function openRateCheck(checks: Checks, check: RateCheck): RateState {
  return openRate(rateMargins(checks, check));
}

/** One block of the randomised comparison; a version that reported nothing counts as no requests. */
export function observeRate(checks: Checks, check: RateCheck, state: RateState, block: Block, bet: Bet): RateState {
  return stepRate(state, rateMargins(checks, check), countsOf(block, check), block.durationMs, bet);
}

export function rateFinding(checks: Checks, check: RateCheck, state: RateState, context: FindingContext): Finding {
  const margins = rateMargins(checks, check);
  const logParity = logRateParity(state);
  const canary = shareOf(context.figures.canary, check);
  const stable = shareOf(context.figures.stable, check);
  const gainAt = (share: number) =>
    Math.max(...margins.parity.map((boundary) => rateGain(expectedRate(state), boundary, share)));
  const needs = forecastNeeds(context, logParity, gainAt, context.phi.rate);
  const parityMargin = formatErrorMargin(checks[check].parity, 'or');
  return {
    check,
    canary,
    stable,
    unit: 'share',
    quantile: null,
    bounds: { canary: boundsOf(context.figures.canary, check), stable: boundsOf(context.figures.stable, check) },
    requests: { canary: context.figures.canary.requests, stable: context.figures.stable.requests },
    logHarm: logRateHarm(state),
    budgetWeight: context.budgetWeight,
    dispersion: context.phi.rate,
    logParity,
    logParityThreshold: context.logParityThreshold,
    rollbackMargin:
      check === 'errors'
        ? formatErrorMargin(checks.errors.rollback, '+')
        : `${formatErrorMargin(checks.clientErrors.hold, '+')}, which holds`,
    parityMargin,
    needsCanaryRequests: needs,
    needsAt: forecastAtNextWeights(context, logParity, gainAt, context.phi.rate),
    says: says(),
  };

  function says(): string {
    if (canary === null || stable === null || needs === null) return `${NAMES[check]}: no traffic to compare yet`;
    const figures = `${NAMES[check]} ${formatShare(canary)} against ${formatShare(stable)}`;
    const isBeyond = margins.parity.every((boundary) => canary > boundaryAt(boundary, stable));
    return parityInWords(NAMES[check], figures, { logParity, parityMargin, isBeyond, needs }, context);
  }
}

function countsOf(block: Block, check: RateCheck): BlockCounts {
  return {
    nc: block.canary?.requests ?? 0,
    xc: eventsOf(block.canary, check),
    ns: block.stable?.requests ?? 0,
    xs: eventsOf(block.stable, check),
  };
}

function eventsOf(tally: Tally | null, check: RateCheck): number {
  return tally?.[check] ?? 0;
}

function shareOf(totals: Totals, check: RateCheck): number | null {
  return totals.requests === 0 ? null : totals[check] / totals.requests;
}

function boundsOf(totals: Totals, check: RateCheck): Interval | null {
  return rateInterval(totals[check], totals.requests);
}
