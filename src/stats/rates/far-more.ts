import { type BlockCounts, type Boundary, boundaryAt, clipRate, lnEBernoulliLinear } from '../evidence/e-value.ts';
import { logMixture, type OnsetMixture, openMixture } from '../evidence/onset.ts';
import { TOWARDS_ALL, TOWARDS_ALL_WEIGHTS, towardsAllLogE } from '../evidence/towards-all.ts';

/** Where the stable has more events than this, what is compared is how many requests are left without one. */
const COMPLEMENT_ABOVE = 0.3;
/** Of the stable's share of requests without the event, the canary must have at least this part. */
const LEAST_LEFT: Boundary = { rho: 0.5, a: 0 };

export function openFarMore(): OnsetMixture {
  return openMixture(TOWARDS_ALL.length);
}

export function logFarMore(mixture: OnsetMixture): number {
  return logMixture(mixture, TOWARDS_ALL_WEIGHTS);
}

/**
 * Whether requests without the event are compared: many of the stable's have it, and the margin is wider than that.
 *
 * @param restAbove how many
 */
export function comparesTheRest(s1: number, boundary: Boundary, restAbove = COMPLEMENT_ABOVE): boolean {
  return s1 > restAbove && 1 - boundaryAt(LEAST_LEFT, 1 - s1) < boundaryAt(boundary, s1);
}

/**
 * The canary's share on the limit that is bet on, where the stable has `s`.
 *
 * @param s1 the stable's past share, which chooses the limit
 * @example farMoreLimit(0.9, 0.9, { rho: 2, a: 0.1 }) // 0.95, half of the requests without the event
 */
export function farMoreLimit(s: number, s1: number, boundary: Boundary, restAbove?: number): number {
  return comparesTheRest(s1, boundary, restAbove) ? 1 - boundaryAt(LEAST_LEFT, 1 - s) : boundaryAt(boundary, s);
}

export interface FarMoreOptions {
  readonly phi?: number;
  /** The known chances of a draw, or the counts themselves where they are not known. */
  readonly parts?: Pick<BlockCounts, 'nc' | 'ns'>;
  /** See `comparesTheRest`. */
  readonly restAbove?: number;
}

/**
 * Log e-values of a block against "at most `boundary`, and at least half of the requests without the event that the stable
 * has", for each alternative; exact for Bernoulli outcomes (docs/statistics.md section 3.16). Which of the two limits is
 * bet on follows from `s1` alone, so the product is valid for both.
 *
 * @param s1 the stable's past share
 * @example farMoreLogE({ nc: 10, xc: 4, ns: 90, xs: 1 }, 0.01, { rho: 2, a: 0.1 }, 5)[2] // 2.1525...
 */
export function farMoreLogE(
  counts: BlockCounts,
  s1: number,
  boundary: Boundary,
  cap: number,
  { phi = 1, parts = counts, restAbove }: FarMoreOptions = {},
): readonly number[] {
  if (!comparesTheRest(s1, boundary, restAbove)) return towardsAllLogE(counts, parts, s1, boundary, cap, phi);
  const least = boundaryAt(LEAST_LEFT, 1 - s1);
  return TOWARDS_ALL.map((towards) => {
    const alternative = { s1: clipRate(1 - s1), c1: clipRate(least * (1 - towards)) };
    return Math.min(cap, lnEBernoulliLinear(withoutEvent(counts), alternative, LEAST_LEFT, parts) / phi);
  });
}

function withoutEvent({ nc, xc, ns, xs }: BlockCounts): BlockCounts {
  return { nc, xc: nc - xc, ns, xs: ns - xs };
}
