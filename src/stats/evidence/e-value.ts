/**
 * The block e-values of docs/statistics.md section 2.1. Counts of one block, `c` for the canary and `s` for the stable:
 * `n` requests of which `x` are events (errors, or slow answers).
 */
export interface BlockCounts {
  readonly nc: number;
  readonly xc: number;
  readonly ns: number;
  readonly xs: number;
}

/** What of each version is expected in a block: the requests that it got, or its chance of a request. */
export type Parts = Pick<BlockCounts, 'nc' | 'ns'>;

/** The rates of stable and canary that a test bets on; chosen from the past only. */
export interface Alternative {
  readonly s1: number;
  readonly c1: number;
}

/** The edge of the null hypothesis: canary rate = rho * stable rate + a, with rho > 0 and a >= 0. */
export interface Boundary {
  readonly rho: number;
  readonly a: number;
}

const SMALLEST_RATE = 1e-9;
const MOST_STEPS = 60;

/** Keeps a rate where every log e-value is finite: [1e-9, 1 - 1e-9]. */
export function clipRate(rate: number): number {
  return Math.min(1 - SMALLEST_RATE, Math.max(SMALLEST_RATE, rate));
}

/** ln(rate / (1 - rate)). */
export function logit(rate: number): number {
  return Math.log(rate) - Math.log1p(-rate);
}

/** The inverse of `logit`. */
export function expit(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds));
}

/** The canary's rate on the boundary when the stable's rate is `s`. */
export function boundaryAt(boundary: Boundary, s: number): number {
  return boundary.rho * s + boundary.a;
}

/**
 * The stable's rate s0 at the Poisson KL projection of the alternative onto the boundary, with the block's requests
 * as weights. For a > 0 it is the positive root of a quadratic, in the form that does not cancel.
 *
 * @example projectPoisson({ nc: 100, ns: 9900 }, { s1: 0.001, c1: 0.0033 }, { rho: 1.1, a: 0 }) // 0.00102197802...
 */
export function projectPoisson({ nc, ns }: Parts, { s1, c1 }: Alternative, { rho, a }: Boundary): number {
  const slope = rho * nc + ns;
  const events = nc * c1 + ns * s1;
  if (a === 0) return events / slope;
  const square = slope * rho;
  const linear = slope * a - rho * events;
  const constant = -ns * s1 * a;
  const root = Math.sqrt(linear * linear - 4 * square * constant);
  return linear > 0 ? (-2 * constant) / (linear + root) : (root - linear) / (2 * square);
}

/**
 * Log e-value of one block against a linear boundary, in Poisson form: valid for block means whatever the allocation
 * and the drift within the block (docs/statistics.md section 2.1). c1 above the boundary tests "no worse", below it
 * "worse".
 *
 * @example lnEPoisson({ nc: 100, xc: 3, ns: 9900, xs: 10 }, { s1: 0.001, c1: 0.0033 }, { rho: 1.1, a: 0 }) // 3.0132...
 */
export function lnEPoisson(counts: BlockCounts, alternative: Alternative, boundary: Boundary): number {
  const { nc, xc, ns, xs } = counts;
  const { s1, c1 } = alternative;
  const s0 = projectPoisson(counts, alternative, boundary);
  const c0 = boundaryAt(boundary, s0);
  return xc * Math.log(c1 / c0) + xs * Math.log(s1 / s0) - nc * (c1 - c0) - ns * (s1 - s0);
}

/**
 * Log e-value of one block against the boundary c = s, exact for Bernoulli outcomes: more power than the Poisson form
 * when rates are above about 10 %.
 *
 * @example lnEBernoulli({ nc: 100, xc: 60, ns: 9900, xs: 4950 }, { s1: 0.5, c1: 0.6 }) // 1.9935...
 */
export function lnEBernoulli(counts: BlockCounts, { s1, c1 }: Alternative): number {
  const { nc, xc, ns, xs } = counts;
  const p0 = (nc * c1 + ns * s1) / (nc + ns);
  return lnBernoulliRatio(nc, xc, c1, p0) + lnBernoulliRatio(ns, xs, s1, p0);
}

/**
 * `lnEBernoulli` against a linear boundary; the projection is found by Newton's method.
 *
 * @param parts each version's part in the projection: its requests, or the known chance with which each request is drawn
 *   for it (w and 1 - w), which is valid for blocks with requests of one version alone as well
 */
export function lnEBernoulliLinear(
  counts: BlockCounts,
  alternative: Alternative,
  boundary: Boundary,
  parts: Parts = counts,
): number {
  const { nc, xc, ns, xs } = counts;
  const s0 = clipRate(projectBernoulli(parts, alternative, boundary));
  const c0 = clipRate(boundaryAt(boundary, s0));
  return lnBernoulliRatio(nc, xc, alternative.c1, c0) + lnBernoulliRatio(ns, xs, alternative.s1, s0);
}

/**
 * Log e-value of one block whose requests were drawn one by one, each for the canary with the chance `drawn`, against a
 * linear boundary (docs/statistics.md section 3.15). A block with requests of one version counts as well.
 */
export function lnEDrawn(counts: BlockCounts, alternative: Alternative, boundary: Boundary, drawn: number): number {
  return lnEBernoulliLinear(counts, alternative, boundary, { nc: drawn, ns: 1 - drawn });
}

/** One-sample log e-value against "the mean rate is at most c0", Poisson form; c1 > c0. */
export function lnEPoissonOneSample(n: number, x: number, c1: number, c0: number): number {
  return x * Math.log(c1 / c0) - n * (c1 - c0);
}

/** One-sample log e-value against "the mean rate is at most p0", exact for Bernoulli outcomes; p1 > p0. */
export function lnBernoulliRatio(n: number, x: number, p1: number, p0: number): number {
  return x * Math.log(p1 / p0) + (n - x) * (Math.log1p(-p1) - Math.log1p(-p0));
}

// The weighted Bernoulli KL is convex along the boundary, so its slope has one sign change between the point where
// the stable's rate fits and the point where the canary's does. Newton's method with a bracket needs about eight steps.
function projectBernoulli({ nc, ns }: Parts, { s1, c1 }: Alternative, { rho, a }: Boundary): number {
  const fitsCanary = (c1 - a) / rho;
  let low = Math.max(0, Math.min(s1, fitsCanary));
  let high = Math.min(1, (1 - a) / rho, Math.max(s1, fitsCanary));
  let s0 = (nc * fitsCanary + ns * s1) / (nc + ns);
  if (!(s0 > low && s0 < high)) s0 = (low + high) / 2;
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const c0 = rho * s0 + a;
    const descent = (rho * nc * (c1 - c0)) / (c0 * (1 - c0)) + (ns * (s1 - s0)) / (s0 * (1 - s0));
    if (descent > 0) low = s0;
    else high = s0;
    const bend =
      rho * rho * nc * (c1 / (c0 * c0) + (1 - c1) / ((1 - c0) * (1 - c0))) +
      ns * (s1 / (s0 * s0) + (1 - s1) / ((1 - s0) * (1 - s0)));
    const newton = s0 + descent / bend;
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    if (next === s0 || next <= low || next >= high) return next;
    s0 = next;
  }
  return s0;
}
