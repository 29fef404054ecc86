import { WHOLE_BPS } from '../split/assign.ts';
import { canaryShare, msForCanaryRequests, type Pace } from '../stats/evidence/pace.ts';
import { requestsNeeded } from '../stats/rates/forecast.ts';
import type { FindingContext } from './context.ts';
import { formatAbout, formatSpan } from './figures.ts';
import type { Finding } from './finding.ts';

/**
 * Canary requests still needed, given the gain of one at the canary's present share of the traffic; null without
 * traffic of both versions.
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

/** The needs at the next weights of the policy: other shares of the same traffic gain more from each request. */
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

/** `needs about 2,100 more canary requests, 3 min at this traffic` */
export function needsInWords(requests: number, pace: Pace): string {
  const ms = msForCanaryRequests(pace, requests);
  const time = ms === null ? '' : `, ${formatSpan(ms)} at this traffic`;
  return `needs about ${formatAbout(requests)} more canary requests${time}`;
}
