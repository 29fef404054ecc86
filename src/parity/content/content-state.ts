import type { Policy } from '../../policy/schema.ts';
import type { Bet } from '../../stats/evidence/bet.ts';
import { openRate, type RateState, restartRateParity, stepRate } from '../../stats/rates/error-rate.ts';
import { type GrossState, openGross, stepGross } from '../../stats/rates/gross.ts';
import { betFor } from '../bet-for.ts';
import type { Sight } from '../context.ts';
import { comparedAnswers } from '../latency/latency.ts';
import { CONTENT_SHARES, type ContentShare, contentCounts, contentMargins, type ShareName } from './content-shares.ts';

/** The shares that the policy asks for; a share of which nothing was seen yet is not there. */
export type ContentState = Readonly<Partial<Record<ShareName, ShareState>>>;

export interface ShareState {
  readonly rate: RateState;
  /** Evidence of far more on a route with sticky keys, which holds; null where requests are drawn one by one. */
  readonly byKey: GrossState | null;
  /** Whether either version has had an event: before that, a share that only holds has nothing to tell. */
  readonly isSeen: boolean;
}

/** One block. */
export function observeContent(state: ContentState, sight: Sight): ContentState {
  const observe = sight.assignment === 'by-key' ? observeKeys : observeShare;
  const asked = CONTENT_SHARES.filter((share) => share.isAsked(sight.policy)).map((share) => [
    share.name,
    observe(share, state[share.name] ?? openShare(sight.policy, share), sight),
  ]);
  return { ...state, ...Object.fromEntries(asked) };
}

export function openShare(policy: Policy, share: ContentShare): ShareState {
  return { rate: openRate(contentMargins(policy, share)), byKey: null, isSeen: false };
}

export function restartContent(state: ContentState): ContentState {
  return Object.fromEntries(
    Object.entries(state).map(([name, share]) => [name, { ...share, rate: restartRateParity(share.rate) }]),
  );
}

// Whether an answer can be read is not drawn by chance, so the chance of a request is not that of an answer that is read: with
// little traffic the answers of merged blocks are compared, by how many each version has (docs/statistics.md section 3.22).
function observeShare(share: ContentShare, state: ShareState, sight: Sight): ShareState {
  const { block } = comparedAnswers(sight);
  const counts = contentCounts(share, block);
  const { drawn: _, ...bet }: Bet = betFor(sight, sight.interrupted, share.name);
  return {
    rate: stepRate(state.rate, contentMargins(sight.policy, share), counts, block.durationMs, bet),
    byKey: null,
    isSeen: state.isSeen || counts.xc + counts.xs > 0,
  };
}

// The answers of a sticky key are not independent of each other: what is worse here holds, and blames nobody.
function observeKeys(share: ContentShare, state: ShareState, sight: Sight): ShareState {
  const { block, bet, guardsSpent, of } = sight;
  const counts = contentCounts(share, block);
  const seen = { ...state, isSeen: state.isSeen || counts.xc + counts.xs > 0 };
  if (of !== 'both') return seen;
  const spent = { cap: bet.cap, phi: bet.phi, past: bet.past, spent: guardsSpent };
  return { ...seen, byKey: stepGross(state.byKey ?? openGross(), counts, block.durationMs, spent) };
}
