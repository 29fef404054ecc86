import { WHOLE_BPS } from '../split/assign.ts';
import { canaryShare } from '../stats/evidence/pace.ts';
import { requestsNeeded } from '../stats/rates/forecast.ts';
import type { FindingContext } from './context.ts';
import { formatSpan, formatWeight } from './figures.ts';

/** How fast parity is shown: the evidence of one canary request, and what evidence is divided by. */
export interface Gain {
  /** @param share the canary's share of the traffic */
  readonly gainAt: (share: number) => number;
  readonly phi: number;
  /** The same with wider parity margins, in rising order. */
  readonly wider: readonly { readonly margin: string; readonly gainAt: (share: number) => number }[];
}

/** By how many times a parity margin is widened in search of one that can be shown in time. */
export const WIDER: readonly number[] = [1.5, 2, 3, 5];
const WEIGHTS_BPS: readonly number[] = [500, 1_000, 2_000, 2_500, 3_000, 4_000, 5_000];

/**
 * What could be done where parity takes longer than the step may stay undecided: the smallest weight at which the same traffic
 * shows it in time, or else the smallest margin. Empty where it is in time.
 *
 * @param needs canary requests that equal versions would still need
 */
export function sayInTime(context: FindingContext, missing: number, needs: number, gain: Gain): string {
  const { pace, patienceMs } = context;
  const present = canaryShare(pace);
  if (present === null || patienceMs === null || pace.ms === 0) return '';
  const msOf = (requests: number | null, share: number) =>
    requests === null ? Number.POSITIVE_INFINITY : (requests * pace.ms) / (share * (pace.canary + pace.stable));
  if (msOf(needs, present) <= patienceMs) return '';
  const ms = (gainAt: Gain['gainAt'], share: number) =>
    msOf(requestsNeeded(missing, gainAt(share) / gain.phi, 'begun'), share);
  const late = `, longer than the ${formatSpan(patienceMs)} after which a person is paged`;
  const weight = WEIGHTS_BPS.find((bps) => bps > present * WHOLE_BPS && ms(gain.gainAt, bps / WHOLE_BPS) <= patienceMs);
  if (weight !== undefined) {
    return `${late}; at a weight of ${formatWeight(weight)} about ${formatSpan(ms(gain.gainAt, weight / WHOLE_BPS))}`;
  }
  const wider = gain.wider.find(({ gainAt }) => ms(gainAt, present) <= patienceMs);
  if (wider !== undefined) {
    return `${late}; with a parity margin of ${wider.margin} about ${formatSpan(ms(wider.gainAt, present))}`;
  }
  return `${late}; no weight shows it in that time at this traffic`;
}
