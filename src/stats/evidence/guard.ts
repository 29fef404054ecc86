import { ODDS_GRID } from '../latency/quantile.ts';
import { RATIO_GRID } from '../rates/error-rate.ts';
import { clipRate, expit, lnBernoulliRatio, lnEPoissonOneSample, logit } from './e-value.ts';

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
