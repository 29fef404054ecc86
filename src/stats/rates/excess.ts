import type { BlockCounts } from '../evidence/e-value.ts';

/** Sums over spans in which both versions served, of which each had one rate. A span with requests of one version is in none. */
export interface ExcessSums {
  /** Errors of the canary. */
  readonly errors: number;
  /** What the stable's rates would have given it: the sum of w xs, where w is the canary's requests for one of the stable's. */
  readonly expected: number;
  /** Its variance: the sum of w^2 xs. */
  readonly variance: number;
  /** The largest w. */
  readonly largest: number;
}

export const NO_EXCESS: ExcessSums = { errors: 0, expected: 0, variance: 0, largest: 0 };

/** How many errors more than at the stable's rate, with the limits of an interval; below 0 where it had fewer. */
export interface Excess {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

/** Probability that the interval misses on one side. */
const MISSES = 0.025;
/** Terms of a distribution this small add nothing. */
const NEGLIGIBLE = 1e-15;

export function addSpan(sums: ExcessSums, { nc, xc, ns, xs }: BlockCounts): ExcessSums {
  if (nc === 0 || ns === 0) return sums;
  const weight = nc / ns;
  return {
    errors: sums.errors + xc,
    expected: sums.expected + weight * xs,
    variance: sums.variance + weight ** 2 * xs,
    largest: Math.max(sums.largest, weight),
  };
}

/**
 * Errors of the canary beyond those that the stable would have had in the same requests, with a 95 % prediction interval: what the
 * stable would have had is not seen, and is uncertain by its rate and by chance. In one span the interval is the exact one for Poisson
 * counts, inverted from the binomial test of both counts given their sum (Nelson, Applied Life Data Analysis, 1982). Over several the
 * rate is the gamma variable of Fay and Feuer (Stat. Med. 16, 1997, 791-801), of which one span is that case (docs/statistics.md
 * section 3.27).
 *
 * @param phi errors that come in clumps of this size are counted by clump
 * @returns null where the versions never served together
 * @example excessErrors(addSpan(NO_EXCESS, { nc: 100, xc: 20, ns: 900, xs: 9 }), 1) // { estimate: 19, low: 16, high: 20 }
 */
export function excessErrors({ errors, expected, variance, largest }: ExcessSums, phi: number): Excess | null {
  if (largest === 0) return null;
  const [rate, spread] = [expected / phi, variance / phi];
  const fewest = expected === 0 ? 0 : lowest(rate ** 2 / spread, spread / rate);
  const above = { rate: rate + largest, spread: spread + largest ** 2 };
  const most = highest(above.rate ** 2 / above.spread, above.spread / above.rate);
  return { estimate: errors - expected, low: errors - phi * most, high: errors - phi * fewest };
}

/** The least count that is not too few for a Poisson count whose rate is gamma: shape and scale, so a negative binomial one. */
function lowest(shape: number, scale: number): number {
  const { from, chances, total } = countsOf(shape, scale);
  let below = 0;
  for (const [at, chance] of chances.entries()) {
    below += chance;
    if (below > MISSES * total) return from + at;
  }
  return from;
}

/** The largest count that is not too many. */
function highest(shape: number, scale: number): number {
  const { from, chances, total } = countsOf(shape, scale);
  let above = 0;
  for (let at = chances.length - 1; at >= 0; at -= 1) {
    above += chances[at] ?? 0;
    if (above > MISSES * total) return from + at;
  }
  return from;
}

/** Chances of the counts around the most likely one, relative to it, by p(m + 1) / p(m) = q (m + shape) / (m + 1). */
function countsOf(shape: number, scale: number) {
  const q = scale / (1 + scale);
  const mode = Math.max(0, Math.floor((shape - 1) * scale));
  const up: number[] = [];
  for (let [at, chance] = [mode, 1]; chance > NEGLIGIBLE; at += 1) {
    up.push(chance);
    chance *= (q * (at + shape)) / (at + 1);
  }
  const down: number[] = [];
  for (let [at, chance] = [mode, 1]; at > 0; at -= 1) {
    chance *= at / (q * (at - 1 + shape));
    if (chance <= NEGLIGIBLE) break;
    down.push(chance);
  }
  const chances = [...down.toReversed(), ...up];
  return { from: mode - down.length, chances, total: chances.reduce((sum, chance) => sum + chance, 0) };
}
