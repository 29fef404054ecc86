import type { ErrorMargin } from '../policy/checks/margins.ts';
import type { Checks } from '../policy/schema.ts';
import { countExcusing, countOfKind, type KindCounts, type KindOfAnswer } from '../stats/answer-kind.ts';
import type { Block } from '../stats/block.ts';
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
import type { FindingContext, Sight } from './context.ts';
import { formatErrorMargin, formatShare } from './figures.ts';
import type { Finding } from './finding.ts';
import { type Gain, WIDER } from './in-time.ts';
import { isKind, KIND_LABELS, kindInWords, kindTerms } from './kinds/kind-words.ts';
import { limitsAbove } from './limits/limits.ts';
import { forecastAtNextWeights, forecastNeeds, isContrary, parityInWords, sayNoForecast } from './needs.ts';
import { whyShareHolds } from './share-holds.ts';

/** The checks on shares of answers: errors, the 4xx that are not errors, and the kinds of all others. */
export type RateCheck = 'errors' | 'clientErrors' | KindOfAnswer;

const NAMES: Readonly<Record<RateCheck, string>> = { errors: 'errors', clientErrors: '4xx answers', ...KIND_LABELS };

/** The margin of harm (of holding, for 4xx) is one line, the parity margin the larger of a ratio and a difference. */
export function rateMargins(checks: Checks, check: RateCheck): RateMargins {
  const { parity } = declaredOf(checks, check);
  const harm = check === 'errors' ? checks.errors.rollback : heldOf(checks, check);
  return {
    rollback: { rho: 1 + harm.relative, a: harm.absolute },
    parity: [
      { rho: 1 + parity.relative, a: 0 },
      { rho: 1, a: parity.absolute },
    ],
  };
}

function declaredOf(checks: Checks, check: RateCheck) {
  return isKind(check) ? kindTerms(checks, check) : checks[check];
}

/** Beyond this a check holds that is not about errors. */
export function heldOf(checks: Checks, check: Exclude<RateCheck, 'errors'>): ErrorMargin {
  return isKind(check) ? kindTerms(checks, check).hold : checks[check].hold;
}

export function openRateCheck(checks: Checks, check: RateCheck): RateState {
  return openRate(rateMargins(checks, check));
}

/** One block of the randomised comparison; a version that reported nothing counts as no requests. */
export function observeRate(
  check: RateCheck,
  state: RateState,
  { policy, compared, settled }: Sight,
  bet: Bet,
): RateState {
  const margins = rateMargins(policy.spec.checks, check);
  const of = (block: Block) => ({ counts: countsOf(block, check), durationMs: block.durationMs });
  return stepRate(state, margins, countsOf(compared, check), compared.durationMs, bet, of(settled?.block ?? compared));
}

/** How fast parity of a share is shown. @param margin the policy's, of which wider ones are tried */
export function rateParityGain(
  state: Pick<RateState, 'stable'>,
  { parity }: Pick<RateMargins, 'parity'>,
  margin: ErrorMargin,
  phi: number,
): Gain {
  const rate = expectedRate(state);
  const gainBy = (times: number) => (share: number) =>
    Math.max(...parity.map(({ rho, a }) => rateGain(rate, { rho: 1 + times * (rho - 1), a: times * a }, share)));
  const wider = WIDER.map((times) => ({
    margin: formatErrorMargin({ relative: times * margin.relative, absolute: times * margin.absolute }, 'or'),
    gainAt: gainBy(times),
  }));
  return { gainAt: gainBy(1), phi, wider };
}

export function rateFinding(checks: Checks, check: RateCheck, state: RateState, context: FindingContext): Finding {
  const margins = rateMargins(checks, check);
  const logParity = logRateParity(state);
  const canary = shareOf(context.figures.canary, check);
  const stable = shareOf(context.figures.stable, check);
  const { parity } = declaredOf(checks, check);
  const gain = rateParityGain(state, margins, parity, context.phi.rate);
  const { gainAt } = gain;
  const needs = forecastNeeds(context, logParity, gainAt, context.phi.rate);
  const parityMargin = formatErrorMargin(parity, 'or');
  const isBeyond =
    canary !== null && stable !== null && margins.parity.every((boundary) => canary > boundaryAt(boundary, stable));
  const forecasts = !isContrary(logParity, isBeyond);
  const inWords = isKind(check) ? kindInWords(check, context.figures) : null;
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
        : `${formatErrorMargin(heldOf(checks, check), '+')}, which holds`,
    parityMargin,
    limits: limitsAbove(stable, margins.rollback, margins.parity),
    needsCanaryRequests: forecasts ? needs : null,
    needsAt: forecasts ? forecastAtNextWeights(context, logParity, gainAt, context.phi.rate) : [],
    says: says(),
    ...(inWords === null ? {} : { inWords }),
  };

  function says(): string {
    if (canary === null || stable === null || needs === null) return sayNoForecast(NAMES[check], context);
    const figures = inWords ?? `${NAMES[check]} ${formatShare(canary)} against ${formatShare(stable)}`;
    return parityInWords(NAMES[check], figures, { logParity, parityMargin, isBeyond, needs, gain }, context);
  }
}

/** Why a share of answers holds the canary. */
export function whyRateHolds(checks: Checks, check: Exclude<RateCheck, 'errors'>, finding: Finding): string {
  return whyShareHolds(heldOf(checks, check), finding, NAMES[check], finding.inWords);
}

export function countsOf(block: Block, check: RateCheck): BlockCounts {
  return {
    nc: block.canary?.requests ?? 0,
    xc: eventsOf(block.canary, check),
    ns: block.stable?.requests ?? 0,
    xs: baselineOf(block.stable, check),
  };
}

function eventsOf(answers: KindCounts | null, check: RateCheck): number {
  if (answers === null) return 0;
  return isKind(check) ? countOfKind(answers, check) : answers[check];
}

// What another version mended has to be answered in some way.
function baselineOf(stable: KindCounts | null, check: RateCheck): number {
  return stable !== null && isKind(check) ? countExcusing(stable, check) : eventsOf(stable, check);
}

function shareOf(totals: Totals, check: RateCheck): number | null {
  return totals.requests === 0 ? null : eventsOf(totals, check) / totals.requests;
}

function boundsOf(totals: Totals, check: RateCheck): Interval | null {
  return rateInterval(eventsOf(totals, check), totals.requests);
}
