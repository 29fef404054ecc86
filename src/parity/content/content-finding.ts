import { counted } from '../../policy/counted.ts';
import type { Policy } from '../../policy/schema.ts';
import { rateInterval } from '../../stats/evidence/confidence.ts';
import { boundaryAt } from '../../stats/evidence/e-value.ts';
import { logRateHarm, logRateParity } from '../../stats/rates/error-rate.ts';
import { GROSS_BOUNDARY, logGross } from '../../stats/rates/gross.ts';
import type { FindingContext } from '../context.ts';
import { formatErrorMargin, formatPoints, formatShare } from '../figures.ts';
import type { Finding } from '../finding.ts';
import { edgeOf, limitsAbove } from '../limits/limits.ts';
import { forecastAtNextWeights, forecastNeeds, isContrary, parityInWords, sayNoForecast } from '../needs.ts';
import { rateParityGain } from '../rate.ts';
import { whyHoldsByKey, whyShareHolds } from '../share-holds.ts';
import { type Answers, type ContentShare, contentMargins, sampleInWords, sampleOfShare } from './content-shares.ts';
import type { ShareState } from './content-state.ts';
import { whyUnread } from './unread.ts';

/** The finding of one share of the answers that were read. Its counts are of those answers, and not of all requests. */
export function contentFinding(
  policy: Policy,
  share: ContentShare,
  state: ShareState,
  context: FindingContext,
): Finding {
  const canary = share.count(context.figures.canary);
  const stable = share.count(context.figures.stable);
  const margins = contentMargins(policy, share);
  const { harm, parity } = share.margins(policy);
  const isBeyond =
    canary.of > 0 &&
    stable.of > 0 &&
    margins.parity.every((boundary) => canary.events / canary.of > boundaryAt(boundary, stable.events / stable.of));
  const logParity = logRateParity(state.rate);
  const gain = rateParityGain(state.rate, margins, parity, context.phi.rate);
  // What is needed is told in requests, of which only some are read.
  const { requests } = context.figures.canary;
  const read = requests === 0 || canary.of === 0 ? sampleOfShare(policy, share) : canary.of / requests;
  const gainAt = (weight: number) => read * gain.gainAt(weight);
  const wider = gain.wider.map((one) => ({ ...one, gainAt: (weight: number) => read * one.gainAt(weight) }));
  const needs = forecastNeeds(context, logParity, gainAt, context.phi.rate);
  const forecasts = canary.of > 0 && stable.of > 0 && !isContrary(logParity, isBeyond);
  const figures = figuresInWords(policy, share, canary, stable, context);
  const common = {
    check: share.name,
    canary: shareOf(canary),
    stable: shareOf(stable),
    unit: 'share',
    quantile: null,
    bounds: { canary: rateInterval(canary.events, canary.of), stable: rateInterval(stable.events, stable.of) },
    requests: { canary: canary.of, stable: stable.of },
    counted: `of ${share.of}${sampleInWords(policy, share)}`,
    dispersion: context.phi.rate,
  } as const;
  if (state.byKey !== null) {
    return {
      ...common,
      byKey: 'own',
      logHarm: logGross(state.byKey),
      budgetWeight: 0,
      logParity: null,
      logParityThreshold: null,
      rollbackMargin: `${formatShare(GROSS_BOUNDARY.rho - 1)} + ${formatPoints(GROSS_BOUNDARY.a)}, which holds`,
      parityMargin: null,
      limits: limitsAbove(common.stable, GROSS_BOUNDARY, []),
      needsCanaryRequests: null,
      needsAt: [],
      brief: figures,
      says: `${figures}; keys are sticky and these answers are not counted by key, so only far more of them would hold`,
    };
  }
  return {
    ...common,
    ...(share.reacts === 'holds' && canary.of > 0 && stable.of > 0 ? { inWords: figures } : {}),
    logHarm: logRateHarm(state.rate),
    budgetWeight: context.budgetWeight,
    logParity,
    logParityThreshold: context.logParityThreshold,
    rollbackMargin:
      share.reacts === 'holds' ? `${formatErrorMargin(harm, '+')}, which holds` : formatErrorMargin(harm, '+'),
    parityMargin: formatErrorMargin(parity, 'or'),
    limits: limitsAbove(common.stable, edgeOf(harm), margins.parity),
    needsCanaryRequests: forecasts ? needs : null,
    needsAt: forecasts ? forecastAtNextWeights(context, logParity, gainAt, context.phi.rate) : [],
    says:
      canary.of === 0 || stable.of === 0
        ? noneRead(policy, share, canary, context)
        : needs === null
          ? sayNoForecast(share.label(policy), context)
          : parityInWords(
              share.label(policy),
              figures,
              {
                logParity,
                parityMargin: formatErrorMargin(parity, 'or'),
                isBeyond,
                needs,
                gain: { ...gain, gainAt, wider },
              },
              context,
            ),
  };
}

/** Why a share holds the canary. */
export function whyContentHolds(policy: Policy, share: ContentShare, finding: Finding): string {
  if (finding.byKey === 'own') return whyHoldsByKey(finding);
  return whyShareHolds(share.margins(policy).harm, finding, share.label(policy), finding.inWords);
}

function shareOf({ of, events }: Answers): number | null {
  return of === 0 ? null : events / of;
}

/**
 * `errors in the body of 4.1 % of the answers that were read against 0.2 %, of a sample of 10 %`,
 * `87 % of the canary's answers could not be read, 0 % of the stable's: its type is text/html (of a sample of 10 %)`
 */
function figuresInWords(
  policy: Policy,
  share: ContentShare,
  canary: Answers,
  stable: Answers,
  { figures }: FindingContext,
): string {
  const [ours, theirs] = [canary, stable].map((one) => formatShare(shareOf(one) ?? 0));
  const sample = sampleInWords(policy, share);
  switch (share.name) {
    case 'content':
      return `${share.label(policy)} of ${ours} of the answers that were read against ${theirs}${sample}`;
    case 'content:partial':
      return `data and errors in ${ours} of the answers that were read against ${theirs}${sample}`;
    case 'content:unread':
      return `${ours} of the canary's answers could not be read, ${theirs} of the stable's${whyUnread(figures)}${sample}`;
    case 'content:unfinished':
      return `${ours} of the event streams ended without their last event, ${theirs} of the stable's`;
  }
}

function noneRead(policy: Policy, share: ContentShare, canary: Answers, context: FindingContext): string {
  const label = share.label(policy);
  const { figures } = context;
  if (figures.canary.requests === 0 || figures.stable.requests === 0) return sayNoForecast(label, context);
  const [whose, requests] =
    canary.of === 0 ? ['the canary', figures.canary.requests] : ['the stable', figures.stable.requests];
  return `${label}: nothing to compare yet, none of ${counted(requests, 'answer')} of ${whose} is among ${share.of}`;
}
