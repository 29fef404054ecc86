import { type Tails, tailAbove } from '../latency/tails.ts';

/** An interval that holds the truth at all looks together with the stated confidence; `high` is null when it is open. */
export interface Interval {
  readonly low: number;
  readonly high: number | null;
}

/** Probability that an interval ever misses. */
export const CONFIDENCE_ERROR = 0.05;

const LN_PI = Math.log(Math.PI);
const HALF_LN_TWO_PI = 0.5 * Math.log(2 * Math.PI);
/** Newton steps from a starting point on the convex side; it takes about six. */
const MOST_STEPS = 40;

/**
 * Confidence sequence for a rate: the rates at which the Beta(1/2, 1/2) mixture of likelihood ratios stays below
 * 1/error. Valid at every n together for independent events of one rate; under drift it is about their mean.
 *
 * Source: Howard, Ramdas, McAuliffe, Sekhon (arXiv:1810.08240), beta-binomial mixture.
 *
 * @returns null without observations
 */
export function rateInterval(x: number, n: number, error = CONFIDENCE_ERROR): Interval | null {
  if (n === 0) return null;
  const radius = (-Math.log(error) - lnMixtureAtMean(x, n)) / n;
  return { low: lowerRate(x / n, radius), high: 1 - lowerRate(1 - x / n, radius) };
}

/**
 * Confidence sequence for a quantile, in buckets: those that the counts above them do not rule out. It rests on the
 * events "above the true quantile", whose rate is known, so that it is as sharp in the tail as in the middle.
 *
 * Source: Howard, Ramdas (arXiv:1906.09712), fixed quantile; with the mixture of `rateInterval`.
 *
 * @returns null without observations
 */
export function quantileInterval(tails: Tails, level: number, error = CONFIDENCE_ERROR): Interval | null {
  const n = tails.total;
  if (n === 0) return null;
  const expected = (1 - level) * n;
  const limit = -Math.log(error);
  const lnMixture = lnMixtureAgainst(1 - level, n);
  const last = tails.from + tails.above.length - 1;
  const low = firstBucket(tails, last, (above) => above <= expected || lnMixture(above) < limit);
  const isTooHigh = (above: number) => above < expected && lnMixture(above) >= limit;
  const high = isTooHigh(0) ? firstBucket(tails, last, isTooHigh) : null;
  return { low, high };
}

// The counts above a bucket decrease with the bucket, so the predicate is false up to some bucket and true from there.
function firstBucket(tails: Tails, last: number, holds: (above: number) => boolean): number {
  let low = tails.from - 1;
  let high = last;
  while (high - low > 1) {
    const middle = low + Math.floor((high - low) / 2);
    if (holds(tailAbove(tails, middle))) high = middle;
    else low = middle;
  }
  return high;
}

/** ln of the mixture over Beta(1/2, 1/2) of likelihood ratios against the rate p, by the number of events. */
function lnMixtureAgainst(p: number, n: number): (x: number) => number {
  const lnEvent = Math.log(p);
  const lnNone = Math.log1p(-p);
  const lnScale = lnGamma(n + 1) + LN_PI;
  return (x) => lnGamma(x + 0.5) + lnGamma(n - x + 0.5) - lnScale - x * lnEvent - (n - x) * lnNone;
}

function lnMixtureAtMean(x: number, n: number): number {
  const entropy = (x > 0 ? x * Math.log(x / n) : 0) + (x < n ? (n - x) * Math.log1p(-x / n) : 0);
  // ln B(x + 1/2, n - x + 1/2) - ln pi - entropy.
  return lnGamma(x + 0.5) + lnGamma(n - x + 0.5) - lnGamma(n + 1) - LN_PI - entropy;
}

// The lower root of KL(mean, p) = radius, by Newton in ln p, where the divergence is convex.
function lowerRate(mean: number, radius: number): number {
  if (mean <= 0) return 0;
  if (mean >= 1) return Math.exp(-radius);
  const rest = 1 - mean;
  const lnMean = Math.log(mean);
  const lnRest = Math.log(rest);
  let log = lnMean - radius / mean - 1;
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const p = Math.exp(log);
    const excess = mean * (lnMean - log) + rest * (lnRest - Math.log1p(-p)) - radius;
    const slope = (rest * p) / (1 - p) - mean;
    const next = log - excess / slope;
    if (!(next > log) || next - log < 1e-12) break;
    log = next;
  }
  return Math.exp(log);
}

// Stirling's series from 8 on (DLMF 5.11.1, error below 1e-10), the recurrence below.
function lnGamma(z: number): number {
  let shifted = z;
  let product = 1;
  for (; shifted < 8; shifted += 1) product *= shifted;
  const inverse = 1 / shifted;
  const square = inverse * inverse;
  const series = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680)));
  const lnGammaShifted = (shifted - 0.5) * Math.log(shifted) - shifted + HALF_LN_TWO_PI + series;
  return product === 1 ? lnGammaShifted : lnGammaShifted - Math.log(product);
}
