import { WHOLE_BPS } from '../split/assign.ts';
import { canaryShare, msForCanaryRequests, type Pace } from '../stats/evidence/pace.ts';
import { requestsNeeded } from '../stats/rates/forecast.ts';
import type { FindingContext } from './context.ts';
import { formatAbout, formatSpan } from './figures.ts';
import type { Finding } from './finding.ts';
import { type Gain, sayInTime } from './in-time.ts';

/** Log evidence against parity below which people should read the figures instead of the forecast. */
const CONTRARY = -1;

/** How far a check is from parity. */
export interface ParityProgress {
  readonly logParity: number;
  /** In words. */
  readonly parityMargin: string;
  /** Whether the figures are beyond that margin. */
  readonly isBeyond: boolean;
  /** Canary requests that equal versions would still need. */
  readonly needs: number;
  readonly gain: Gain;
}

/**
 * Canary requests still needed, given the gain of one at the canary's present share of the traffic; null unless both
 * versions have traffic.
 *
 * @param phi what evidence is divided by
 */
export function forecastNeeds(
  context: FindingContext,
  logParity: number,
  gainAt: (share: number) => number,
  phi: number,
): number | null {
  const share = canaryShare(context.pace);
  if (share === null) return null;
  const progress = context.step.canary.requests === 0 ? 'not-begun' : 'begun';
  return requestsNeeded(context.logParityThreshold - logParity, gainAt(share) / phi, progress);
}

/** The needs at the next weights of the policy: with another share of the same traffic, the gain per request differs. */
export function forecastAtNextWeights(
  context: FindingContext,
  logParity: number,
  gainAt: (share: number) => number,
  phi: number,
): Finding['needsAt'] {
  const present = canaryShare(context.pace);
  const missing = context.logParityThreshold - logParity;
  if (present === null || missing <= 0) return [];
  const progress = context.step.canary.requests === 0 ? 'not-begun' : 'begun';
  return context.nextWeightsBps.flatMap((weightBps) => {
    const canaryRequests = requestsNeeded(missing, gainAt(weightBps / WHOLE_BPS) / phi, progress);
    return canaryRequests === null ? [] : [{ weightBps, canaryRequests }];
  });
}

/** What a check with known figures says about its parity. */
export function parityInWords(
  label: string,
  figures: string,
  { logParity, parityMargin, isBeyond, needs, gain }: ParityProgress,
  context: FindingContext,
): string {
  const { logParityThreshold, pace } = context;
  if (logParity >= logParityThreshold) return `${figures}, inside the parity margin of ${parityMargin}`;
  if (isContrary(logParity, isBeyond)) return `${figures}, outside the parity margin of ${parityMargin} so far`;
  return `${label}: ${needsInWords(needs, pace)}${sayInTime(context, logParityThreshold - logParity, needs, gain)}`;
}

/** Whether the figures are beyond the margin, and not by a few requests: what equal versions would still need is no forecast then. */
export function isContrary(logParity: number, isBeyond: boolean): boolean {
  return isBeyond && logParity < CONTRARY;
}

/** Why there is no forecast: nothing to compare yet, or a margin that cannot be shown whatever the traffic. */
export function sayNoForecast(label: string, { pace }: Pick<FindingContext, 'pace'>): string {
  if (canaryShare(pace) === null) return `${label}: no traffic to compare yet`;
  return `${label}: parity cannot be shown with a margin this narrow: widen it`;
}

/** `needs about 2,100 more canary requests, 3 min at this traffic` */
function needsInWords(requests: number, pace: Pace): string {
  const ms = msForCanaryRequests(pace, requests);
  const time = ms === null ? '' : `, ${formatSpan(ms)} at this traffic`;
  return `needs about ${formatAbout(requests)} more canary requests${time}`;
}
