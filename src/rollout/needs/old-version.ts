import { formatCount, formatShare } from '../../parity/figures.ts';
import { counted } from '../../policy/counted.ts';
import type { Policy } from '../../policy/schema.ts';
import { formatBps } from '../../policy/units.ts';
import { WHOLE_BPS } from '../../split/assign.ts';
import { capabilitiesOf } from '../../split/capabilities.ts';
import type { ConsumerRule } from '../../split/order.ts';
import { currentStep } from '../plan.ts';
import type { Rollout } from '../state.ts';

/**
 * Requests of a route in the last days, and those of clients that nobody listed: by credentials that are not on the list, or without one.
 * What was answered with 4xx is left out: whoever is refused needs no version, and could hold up a rollout by asking again and again.
 */
export interface UnlistedTraffic {
  readonly requests: number;
  readonly ofAll: number;
  /** How many credentials were counted one by one. */
  readonly credentials: number;
  /** How many UTC days, today among them. */
  readonly days: number;
}

/** Who still needs the old version: a rule keeps them there, and from the bake on no rule counts. */
export interface NeedsOld {
  /** Names of listed consumers, in their order on the list. */
  readonly listed: readonly string[];
  /** Null where it was not measured, or where the policy has no bound on it. */
  readonly unlisted: UnlistedTraffic | null;
}

interface Ruled {
  readonly name: string;
  readonly rule: ConsumerRule;
}

const MOST_NAMED = 5;

/**
 * Those on a list whose rule keeps them on the old version. A consumer that is drawn by weight does not need it, but in a step of
 * listed consumers, where nobody is drawn.
 */
export function whoNeedsOld(rollout: Rollout, list: readonly Ruled[], unlisted: UnlistedTraffic | null): NeedsOld {
  const step = currentStep(rollout);
  const isKept =
    step !== null && 'consumers' in step
      ? ({ rule }: Ruled) => rule !== 'canary'
      : ({ rule }: Ruled) => rule === 'stable';
  return { listed: list.filter(isKept).map(({ name }) => name), unlisted };
}

/** Of sums by who asked; `credentials` as in `UnlistedTraffic`. */
export function unlistedTraffic(
  sums: readonly { readonly kind: string; readonly requests: number; readonly clientErrors: number }[],
  credentials: number,
  days: number,
): UnlistedTraffic {
  const requestsOf = (rows: typeof sums) =>
    rows.reduce((sum, { requests, clientErrors }) => sum + requests - clientErrors, 0);
  const unlisted = sums.filter(({ kind }) => kind !== 'listed');
  return { requests: requestsOf(unlisted), ofAll: requestsOf(sums), credentials, days };
}

/** Whether it is asked who still needs the old version: rules of consumers count on the route, and the policy says something of them. */
export function asksWhoNeedsOld(rollout: Rollout): boolean {
  return movesConsumers(rollout.policy) && capabilitiesOf(rollout).gatewayCarries;
}

function movesConsumers({ spec: { steps, consumers } }: Policy): boolean {
  const { default: unlistedGet, ...said } = consumers;
  const isSaid = Object.values(said).some((value) => value !== undefined);
  return isSaid || unlistedGet === 'stable' || steps.some((step) => 'consumers' in step);
}

/** Why the listed consumers keep a rollout from its bake, in a clause; null where none does. */
export function listedLeft({ stable }: Rollout, { listed }: NeedsOld): string | null {
  if (listed.length === 0) return null;
  const need = listed.length === 1 ? 'needs' : 'need';
  return `${counted(listed.length, 'listed consumer')} still ${need} ${stable.version}: ${someNames(listed)}`;
}

/** The same of the traffic of those that nobody listed. */
export function unlistedLeft({ stable, policy }: Rollout, { unlisted }: NeedsOld): string | null {
  const bound = policy.spec.consumers.unlisted;
  if (bound === undefined) return null;
  const most = `at most ${formatBps(bound.max)} may be left behind`;
  if (unlisted === null || unlisted.ofAll === 0) {
    return `how much of the traffic is of clients that nobody listed is not known yet, and ${most}`;
  }
  if (unlisted.requests * WHOLE_BPS <= bound.max * unlisted.ofAll) return null;
  return `${unlistedInWords(unlisted)}, who still need ${stable.version}: ${most}`;
}

/** `101 of 10,000 requests of the last 7 days (1 %), without those answered with 4xx, came from clients that nobody listed (17 credentials)`. */
export function unlistedInWords({ requests, ofAll, credentials, days }: UnlistedTraffic): string {
  const known = credentials === 0 ? 'none with a credential that was counted' : counted(credentials, 'credential');
  // A share alone, rounded, can read like the bound that it is above.
  const share = ofAll === 0 ? '' : ` (${formatShare(requests / ofAll)})`;
  const of = `${formatCount(requests)} of ${counted(ofAll, 'request')}`;
  return `${of} of the last ${counted(days, 'day')}${share}, without those answered with 4xx, came from clients that nobody listed (${known})`;
}

/** `acme, globex, initech`; the first five of more, and how many more. */
export function someNames(names: readonly string[]): string {
  if (names.length > MOST_NAMED)
    return `${names.slice(0, MOST_NAMED).join(', ')} and ${names.length - MOST_NAMED} more`;
  return names.join(', ');
}
