import { type BlockCounts, type Boundary, boundaryAt, clipRate, lnEPoisson } from '../evidence/e-value.ts';

/** What is tested of the share of answers in which something is there: that the canary has more, or that it has less. */
export type PresenceSide = 'extra' | 'missing';

/** More than this is a difference: a tenth, and 0.2 pp. */
const BOUNDARY: Boundary = { rho: 1.1, a: 0.002 };
/** How far each alternative lies from the boundary (0) to "every answer" (1). */
const TOWARDS_EVERY: readonly number[] = [0.008, 0.03, 0.1, 0.4, 0.95];
/** Of what is in most answers of the stable anyway, the others are tested: the canary has fewer of them than this part. */
const REST: Boundary = { rho: 0.8, a: 0 };
const OF_REST: readonly number[] = [0.9, 0.75, 0.5, 0.2, 0.02];

/** The alternatives of a test, which weigh the same. */
export const ALTERNATIVES: number = TOWARDS_EVERY.length;

/**
 * The share on the limit that is bet on where the stable has `s`: above it for what is there too often, below it for what is
 * missing.
 *
 * @example presenceLimit(1, 'missing') // 0.998
 */
export function presenceLimit(s: number, side: PresenceSide): number {
  const rate = side === 'extra' ? s : 1 - s;
  const limit = rate <= 0.5 ? boundaryAt(BOUNDARY, rate) : 1 - boundaryAt(REST, 1 - rate);
  return side === 'extra' ? limit : 1 - limit;
}

/**
 * Log e-values of one block against "the canary has it no more often", or no less often, than the stable by more than the margin, in
 * Poisson form (docs/statistics.md section 3.24).
 *
 * @param counts answers, and those of them in which it is there
 * @param s1 the stable's share of answers in which it is there, from the past
 * @returns one for each alternative
 * @example presenceLogE({ nc: 100, xc: 0, ns: 900, xs: 900 }, 'missing', 0.999, { cap: 7.5, phi: 1 })[4] // 7.5
 */
export function presenceLogE(
  { nc, xc, ns, xs }: BlockCounts,
  side: PresenceSide,
  s1: number,
  { cap, phi }: { readonly cap: number; readonly phi: number },
): readonly number[] {
  const events = side === 'extra' ? { nc, xc, ns, xs } : { nc, xc: nc - xc, ns, xs: ns - xs };
  const rate = clipRate(side === 'extra' ? s1 : 1 - s1);
  const bounded = (log: number) => Math.min(cap, log / phi);
  if (rate <= 0.5) {
    const limit = boundaryAt(BOUNDARY, rate);
    return TOWARDS_EVERY.map((towards) =>
      bounded(lnEPoisson(events, { s1: rate, c1: limit + towards * (1 - limit) }, BOUNDARY)),
    );
  }
  const others = { nc, xc: nc - events.xc, ns, xs: ns - events.xs };
  return OF_REST.map((part) => {
    const alternative = { s1: 1 - rate, c1: REST.rho * (1 - rate) * part };
    return bounded(lnEPoisson(others, alternative, REST));
  });
}
