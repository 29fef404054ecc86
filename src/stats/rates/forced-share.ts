import { lnBernoulliRatio } from '../evidence/e-value.ts';
import { logSum } from '../evidence/log-sum.ts';

const TIMES = 2;
const BEYOND = 0.1;
/** The canary's share in each alternative. */
const RATES: readonly number[] = [0.5, 0.95];
const WEIGHTS: readonly number[] = [0.5, 0.5];
const LOG_REFUSED = Math.log(20);

/**
 * Log e-value of so many forced answers against "what happened in them happens in at most twice the stable's share, and a tenth": as
 * in section 3.16 of docs/statistics.md. Forced requests are not drawn, so this keeps a canary from its first traffic, and blames nobody.
 *
 * @param events forced answers in which it happened, of `requests`
 * @param seldom the share of the stable's answers in which it happens
 * @example forcedLogE({ requests: 6, events: 6 }, 0) // 12.835636...
 */
export function forcedLogE(
  { requests, events }: { readonly requests: number; readonly events: number },
  seldom: number,
): number {
  const tolerated = TIMES * seldom + BEYOND;
  const logs = RATES.map((rate) => (rate > tolerated ? lnBernoulliRatio(requests, events, rate, tolerated) : 0));
  return logSum(logs, WEIGHTS);
}

/** How many of the requests it has to be in for evidence of `threshold`; null where all of them would not do. */
export function forcedEventsFor(threshold: number, requests: number, seldom: number): number | null {
  const isShown = (events: number) => forcedLogE({ requests, events }, seldom) >= threshold;
  if (!isShown(requests)) return null;
  let [few, enough] = [0, requests];
  while (enough - few > 1) {
    const middle = Math.floor((few + enough) / 2);
    if (isShown(middle)) enough = middle;
    else few = middle;
  }
  return enough;
}

/** What one of so many tests takes to be shown: odds of 1 in 20, all of them paid for. */
export function forcedThreshold(tests: number): number {
  return LOG_REFUSED + Math.log(tests);
}
