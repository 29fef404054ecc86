import type { ErrorMargin } from '../policy/checks/margins.ts';
import { WHOLE_BPS } from '../split/assign.ts';
import type { BlockCounts } from '../stats/evidence/e-value.ts';
import { type Injection, type OnsetMixture, stepMixture } from '../stats/evidence/onset.ts';
import { farMoreLogE } from '../stats/rates/far-more.ts';
import type { Sight } from './context.ts';
import { capOf } from './stake.ts';

/** What a test for far more events of a kind bets by in a block, all of it known beforehand. */
export interface FarMoreBet {
  /** The stable's past share. */
  readonly s1: number;
  readonly margin: ErrorMargin;
  /** Of the budget. */
  readonly share: number;
  readonly injection: Injection;
  /** See `comparesTheRest`. */
  readonly restAbove?: number;
}

/**
 * One block of such a test. Where each request is drawn by itself, the known chance takes the place of the counts, and a block with
 * requests of one version counts as well. Under sticky routing one client may be all of it, so requests prove nothing there.
 */
export function stepFarMore(
  mixture: OnsetMixture,
  counts: BlockCounts,
  farMore: FarMoreBet,
  sight: Pick<Sight, 'policy' | 'compared' | 'bet'>,
): OnsetMixture {
  const { compared } = sight;
  const isDrawn = compared.assignment === 'per-request' && compared.canary !== null;
  if (!isDrawn) return stepFarMoreCounted(mixture, counts, farMore, sight);
  if (counts.nc + counts.ns === 0) return mixture;
  const weight = compared.canaryBps / WHOLE_BPS;
  return stepBy({ nc: weight, ns: 1 - weight }, mixture, counts, farMore, sight);
}

/** The same by the counts alone, for events that most requests may have: a version that loses requests has fewer of them. */
export function stepFarMoreCounted(
  mixture: OnsetMixture,
  counts: BlockCounts,
  farMore: FarMoreBet,
  sight: Pick<Sight, 'policy' | 'compared' | 'bet'>,
): OnsetMixture {
  if (counts.nc === 0 || counts.ns === 0 || sight.compared.assignment === 'by-key') return mixture;
  return stepBy(counts, mixture, counts, farMore, sight);
}

function stepBy(
  parts: Pick<BlockCounts, 'nc' | 'ns'>,
  mixture: OnsetMixture,
  counts: BlockCounts,
  { s1, margin, share, injection, restAbove }: FarMoreBet,
  { policy, bet }: Pick<Sight, 'policy' | 'bet'>,
): OnsetMixture {
  const boundary = { rho: 1 + margin.relative, a: margin.absolute };
  const cap = share > 0 ? capOf(policy, share) : bet.cap;
  const options = { phi: bet.phi, parts, ...(restAbove === undefined ? {} : { restAbove }) };
  return stepMixture(mixture, injection, farMoreLogE(counts, s1, boundary, cap, options));
}
