import { ODDS_GRID } from '../latency/quantile.ts';
import { harmLogE, RATIO_GRID, RATIO_WEIGHTS } from '../rates/error-rate.ts';
import {
  type BlockCounts,
  type Boundary,
  clipRate,
  expit,
  lnBernoulliRatio,
  lnEPoissonOneSample,
  logit,
} from './e-value.ts';
import { logSum } from './log-sum.ts';

/** A canary that is no worse than this beside the stable breaks no guard. */
const BESIDE_STABLE: Boundary = { rho: 1.1, a: 1e-4 };

/** Log e-values of a block against "the mean error rate is at most `limit`", one for each of `RATIO_GRID`. */
export function errorGuardLogE(
  requests: number,
  errors: number,
  limit: number,
  cap: number,
  phi = 1,
): readonly number[] {
  const c0 = clipRate(limit);
  return RATIO_GRID.map((ratio) => {
    const c1 = clipRate(c0 * ratio);
    return c1 <= c0 ? 0 : Math.min(cap, lnEPoissonOneSample(requests, errors, c1, c0) / phi);
  });
}

/** Log e-values of a block against "at most a share `limit` of the answers is slow", one for each of `ODDS_GRID`. */
export function slowGuardLogE(answers: number, slow: number, limit: number, cap: number, phi = 1): readonly number[] {
  const p0 = clipRate(limit);
  return ODDS_GRID.map((odds) => {
    const p1 = clipRate(expit(logit(p0) + Math.log(odds)));
    return p1 <= p0 ? 0 : Math.min(cap, lnBernoulliRatio(answers, slow, p1, p0) / phi);
  });
}

/**
 * A guard where the stable serves beside the canary: log e-values against "at most the limit, or at most 1.1 times the
 * stable + 0.01 pp". In every block one of the two holds under this null, so the smaller of an e-value against each is one
 * (docs/statistics.md section 3.13). The comparison is a mixture over its effects, and counts once.
 *
 * @param limit log e-values of the block against the limit alone
 * @param s1 the stable's share of events, from its past only
 */
export function guardBesideStable(
  limit: readonly number[],
  counts: BlockCounts,
  s1: number,
  cap: number,
  phi = 1,
): readonly number[] {
  const isCompared = counts.nc > 0 && counts.ns > 0;
  const compared = isCompared ? logSum(harmLogE(counts, s1, BESIDE_STABLE, cap, phi), RATIO_WEIGHTS) : 0;
  return limit.map((logE) => Math.min(logE, compared));
}
