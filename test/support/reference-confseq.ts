import { normalTail } from '../../src/stats/evidence/normal.ts';
import { betaI, gammaP, gammaQ, lnBeta, lnGamma, minimumBetween, zeroBetween, zeta } from './reference-special.ts';

/**
 * The uniform boundaries of Howard, Ramdas, McAuliffe and Sekhon (arXiv:1810.08240) and of Howard and Ramdas
 * (arXiv:1906.09712): what the published values of the confseq library are computed from.
 */
export type LogMixture = (s: number, v: number) => number;

/** The mixture's tuning that is best at intrinsic time v. */
export function bestRho(v: number, alpha: number): number {
  return v / (2 * Math.log(1 / alpha) + Math.log(1 + 2 * Math.log(1 / alpha)));
}

const bestRhoOneSided = (v: number, alpha: number) => bestRho(v, 2 * alpha);

export function normalTwoSided(vOpt: number, alpha: number): LogMixture {
  const rho = bestRho(vOpt, alpha);
  return (s, v) => 0.5 * Math.log(rho / (v + rho)) + s ** 2 / (2 * (v + rho));
}

export function normalOneSided(vOpt: number, alpha: number): LogMixture {
  const rho = bestRhoOneSided(vOpt, alpha);
  return (s, v) =>
    0.5 * Math.log((4 * rho) / (v + rho)) + s ** 2 / (2 * (v + rho)) + Math.log(normalTail(-s / Math.sqrt(v + rho)));
}

export function gammaExponential(vOpt: number, alpha: number, c: number): LogMixture {
  const rho = bestRhoOneSided(vOpt, alpha) / c ** 2;
  const leading = rho * Math.log(rho) - lnGamma(rho) - Math.log(gammaP(rho, rho));
  return (s, v) => {
    const shape = v / c ** 2 + rho;
    const x = (c * s + v) / c ** 2;
    return leading + lnGamma(shape) + Math.log(gammaP(shape, x + rho)) - shape * Math.log(x + rho) + x;
  };
}

export function gammaPoisson(vOpt: number, alpha: number, c: number): LogMixture {
  const rho = bestRhoOneSided(vOpt, alpha) / c ** 2;
  const leading = rho * Math.log(rho) - lnGamma(rho) - Math.log(gammaQ(rho, rho));
  return (s, v) => {
    const x = v / c ** 2 + rho;
    const shape = s / c + x;
    return leading + lnGamma(shape) + Math.log(gammaQ(shape, x)) - shape * Math.log(x) + v / c ** 2;
  };
}

export function betaBinomial(vOpt: number, alpha: number, g: number, h: number, sides: 'one' | 'two'): LogMixture {
  const rho = sides === 'one' ? bestRhoOneSided(vOpt, alpha) : bestRho(vOpt, alpha);
  const r = Math.max(rho - g * h, 1e-3 * g * h);
  const x = sides === 'one' ? h / (g + h) : 1;
  const lnIncomplete = (a: number, b: number) => lnBeta(a, b) + Math.log(betaI(a, b, x));
  const normaliser = lnIncomplete(r / (g * (g + h)), r / (h * (g + h)));
  return (s, v) =>
    (v / (g * h)) * Math.log(g + h) -
    ((v + h * s) / (h * (g + h))) * Math.log(g) -
    ((v - g * s) / (g * (g + h))) * Math.log(h) +
    lnIncomplete((r + v - g * s) / (g * (g + h)), (r + v + h * s) / (h * (g + h))) -
    normaliser;
}

/** Where the mixture reaches 1/alpha at intrinsic time v; `highest` bounds s where the support does. */
export function boundOf(mixture: LogMixture, v: number, alpha: number, highest = 8 * v): number {
  const threshold = Math.log(1 / alpha);
  return zeroBetween(0, highest, (s) => mixture(s, v) - threshold);
}

export function polyStitching(v: number, alpha: number, vMin: number, c: number, s = 1.4, eta = 2): number {
  const k1 = (eta ** 0.25 + eta ** -0.25) / Math.SQRT2;
  const k2 = (Math.sqrt(eta) + 1) / 2;
  const time = Math.max(v, vMin);
  const ell =
    s * Math.log(Math.log((eta * time) / vMin)) + Math.log(zeta(s) / Math.log(eta) ** s) + Math.log(1 / alpha);
  const linear = k2 * c * ell;
  return Math.sqrt(k1 ** 2 * time * ell + linear ** 2) + linear;
}

export function doubleStitching(p: number, t: number, alpha: number, tOpt: number): number {
  const [delta, s, eta] = [0.5, 1.4, 2];
  const k1 = (eta ** 0.25 + eta ** -0.25) / Math.SQRT2;
  const k2 = (Math.sqrt(eta) + 1) / 2;
  const time = Math.max(t, tOpt);
  const logit = Math.log(p / (1 - p));
  const shifted = 1 / (1 + Math.exp(-(logit + 2 * delta * Math.sqrt((tOpt * eta) / time))));
  const r = p >= 0.5 ? p : Math.min(0.5, shifted);
  const variance = r * (1 - r);
  const j = (Math.sqrt(time / tOpt) * Math.abs(logit)) / (2 * delta) + 1;
  const twice = 2 * zeta(s);
  const ell =
    s * Math.log(Math.log((eta * time) / tOpt)) +
    s * Math.log(j) +
    Math.log((twice * (twice + 1)) / (alpha * Math.log(eta) ** s));
  const linear = (k2 * (1 - 2 * p) * ell) / 3;
  return (
    delta * Math.sqrt((eta * time * variance) / tOpt) +
    Math.sqrt(k1 ** 2 * variance * time * ell + linear ** 2) +
    linear
  );
}

export function lilBound(t: number, alpha: number, tMin: number, a: number): number {
  const errorAt = (c: number, eta: number) => {
    const square = (2 / eta) * (a - Math.sqrt((2 * (eta - 1)) / c)) ** 2;
    return square <= 1
      ? Number.POSITIVE_INFINITY
      : 4 * Math.exp(-square * c) * (1 + 1 / ((square - 1) * Math.log(eta)));
  };
  const least = (c: number) => {
    const highest = zeroBetween(1, 2 * a * a, (eta) => Math.sqrt(eta / 2) + Math.sqrt((2 * (eta - 1)) / c) - a);
    return errorAt(
      c,
      minimumBetween(1, highest, (eta) => errorAt(c, eta)),
    );
  };
  const c = zeroBetween(2, 60, (candidate) => Math.min(1e9, least(candidate)) - alpha);
  return a * Math.sqrt((Math.log(1 + Math.log(t / tMin)) + c) / t);
}

export function bernoulliInterval(successes: number, trials: number, alpha: number, tOpt: number): [number, number] {
  const share = successes / trials;
  const excess = (p: number) => {
    const mixture = betaBinomial(p * (1 - p) * tOpt, 0.05, p, 1 - p, 'two');
    return mixture((share - p) * trials, p * (1 - p) * trials) - Math.log(1 / alpha);
  };
  const edge = 1e-12;
  return [share > 0 ? zeroBetween(edge, share, excess) : 0, share < 1 ? zeroBetween(share, 1 - edge, excess) : 1];
}

/** The p-value of the quantile test of two sorted samples without ties: the least of the product over all thresholds. */
export function quantileAbP(p: number, first: readonly number[], second: readonly number[], tOpt: number): number {
  const mixture = betaBinomial(tOpt * p * (1 - p), 0.05, p, 1 - p, 'two');
  const arm = (n: number, share: number) => mixture((share - p) * n, p * (1 - p) * n);
  const evidence = (values: readonly number[]) => {
    const n = values.length;
    const best = minimumBetween(0, 1, (share) => arm(n, share));
    const low = values[Math.ceil(best * n) - 1] ?? Number.NEGATIVE_INFINITY;
    const high = values[Math.floor(best * n)] ?? Number.POSITIVE_INFINITY;
    return (x: number) => {
      if (x < low) return arm(n, values.filter((value) => value <= x).length / n);
      if (x > high) return arm(n, values.filter((value) => value < x).length / n);
      return arm(n, best);
    };
  };
  const [left, right] = [evidence(first), evidence(second)];
  const least = Math.min(...[...first, ...second].map((x) => left(x) + right(x)));
  return Math.min(1, Math.exp(-least));
}
