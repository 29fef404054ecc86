import type { Random } from './random.ts';

/** Below this mean counts are found by inversion, above it by transformed rejection. */
const INVERSION_BELOW = 10;

/** ln(k!) for small k, summed once. */
const LN_FACTORIALS: readonly number[] = (() => {
  const table = [0];
  for (let k = 1; k < 256; k += 1) table.push((table[k - 1] ?? 0) + Math.log(k));
  return table;
})();

/** ln(k!): a table, then Stirling's series, whose error is below 1e-16 from 256 on. */
export function lnFactorial(k: number): number {
  const known = LN_FACTORIALS[k];
  if (known !== undefined) return known;
  const inverse = 1 / (k + 1);
  const series = inverse * (1 / 12 - inverse * inverse * (1 / 360 - (inverse * inverse) / 1260));
  return (k + 0.5) * Math.log(k + 1) - (k + 1) + 0.5 * Math.log(2 * Math.PI) + series;
}

/** An exact Poisson count at a cost that does not grow with the mean: PTRS of Hörmann (1993). */
export function poissonCount(random: Random, mean: number): number {
  if (mean <= 0) return 0;
  if (mean < INVERSION_BELOW) return smallPoisson(random, mean);
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const lnScale = Math.log(1.1239 + 1.1328 / (b - 3.4));
  const quick = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = random() - 0.5;
    const v = random();
    const edge = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / edge + b) * u + mean + 0.43);
    if (edge >= 0.07 && v <= quick) return k;
    if (k < 0 || (edge < 0.013 && v > edge)) continue;
    if (Math.log(v) + lnScale - Math.log(a / (edge * edge) + b) <= k * Math.log(mean) - mean - lnFactorial(k)) return k;
  }
}

/** An exact binomial count at a cost that does not grow with n: BTRS of Hörmann (1993). */
export function binomialCount(random: Random, n: number, p: number): number {
  if (n <= 0 || p <= 0) return 0;
  if (p >= 1) return n;
  if (p > 0.5) return n - binomialCount(random, n, 1 - p);
  if (n * p < INVERSION_BELOW) return smallBinomial(random, n, p);
  const deviation = Math.sqrt(n * p * (1 - p));
  const b = 1.15 + 2.53 * deviation;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const alpha = (2.83 + 5.1 / b) * deviation;
  const quick = 0.92 - 4.2 / b;
  const lnOdds = Math.log(p / (1 - p));
  const mode = Math.floor((n + 1) * p);
  const atMode = lnFactorial(mode) + lnFactorial(n - mode);
  for (;;) {
    const u = random() - 0.5;
    const v = random();
    const edge = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / edge + b) * u + n * p + 0.5);
    if (edge >= 0.07 && v <= quick) return k;
    if (k < 0 || k > n) continue;
    const accept = atMode - lnFactorial(k) - lnFactorial(n - k) + (k - mode) * lnOdds;
    if (Math.log((v * alpha) / (a / (edge * edge) + b)) <= accept) return k;
  }
}

/**
 * `n` draws over categories with these shares, by conditional binomials: the cost grows with the categories, not with n.
 *
 * @param shares their sum is 1
 */
export function multinomialCounts(random: Random, n: number, shares: readonly number[]): number[] {
  let left = n;
  let mass = 1;
  return shares.map((share) => {
    const count = left === 0 ? 0 : binomialCount(random, left, share >= mass ? 1 : share / mass);
    left -= count;
    mass -= share;
    return count;
  });
}

function smallPoisson(random: Random, mean: number): number {
  let u = random();
  let mass = Math.exp(-mean);
  let k = 0;
  while (u > mass && mass > 0) {
    u -= mass;
    k += 1;
    mass *= mean / k;
  }
  return k;
}

function smallBinomial(random: Random, n: number, p: number): number {
  let u = random();
  let mass = Math.exp(n * Math.log1p(-p));
  const odds = p / (1 - p);
  let k = 0;
  while (u > mass && k < n) {
    u -= mass;
    mass *= (odds * (n - k)) / (k + 1);
    k += 1;
  }
  return k;
}
