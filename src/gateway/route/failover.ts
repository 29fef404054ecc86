import type { ChosenBy } from '../../split/match.ts';
import type { Ticket } from '../measure/ticket.ts';
import { isReplayable } from '../upstream/pool.ts';
import type { RetryBudget } from '../upstream/retry-budget.ts';
import type { Failure, UpstreamRequest } from '../upstream/upstream-client.ts';
import type { AnswerPlaces } from './answer-places.ts';
import type { EndNotice } from './deprecation.ts';
import type { Destination } from './destinations.ts';
import type { Live } from './route-state.ts';

/** One way to serve a request: the version, and the request to send to it. */
export interface Attempt {
  readonly destination: Destination;
  readonly request: UpstreamRequest;
  /** Value of `x-serin-version`, if the route shows it. */
  readonly version: string | null;
  /** What the answer says of the end of its version; null for nothing. */
  readonly notice: EndNotice | null;
  /** How the answer's places are mapped; null if they stay. */
  readonly places: AnswerPlaces | null;
}

/** The second attempt after the first has failed without an answer, or null when there is none. */
export type Failover = (failed: UpstreamRequest, failure: Failure) => Attempt | null;

export interface FailoverParts {
  readonly live: Live;
  readonly ticket: Ticket;
  readonly budget: RetryBudget;
  /** The same request for the stable. */
  readonly toStable: (failed: UpstreamRequest) => Attempt;
}

/**
 * Failover from the canary to the stable, if the order says so. A forced request is meant to show how the canary fails.
 * The first version stays charged with its failure. The second attempt has no ticket: it is no evidence for either version.
 */
export function failoverOf({ live, ticket, budget, toStable }: FailoverParts): Failover | null {
  if (ticket.track !== 'canary' || live.order.failover !== 'stable' || !isOpen(ticket.by)) return null;
  return (failed, failure) => (isReplayable(failed, failure) && budget.spend(ticket.begunAt) ? toStable(failed) : null);
}

function isOpen(by: ChosenBy): boolean {
  switch (by) {
    case 'weight':
    case 'consumer':
      return true;
    case 'force':
      return false;
  }
}
