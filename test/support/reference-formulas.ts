/**
 * ln of the Dirichlet-multinomial Bayes factor of Lindon and Malek (arXiv:2011.03567) with concentration 100 * theta0,
 * and the p-value min(1, 1/BF). ln Gamma(a + x) - ln Gamma(a) is summed exactly for integer x.
 */
export function lindonMalek(counts: readonly number[], theta0: readonly number[]): [logBf: number, p: number] {
  const concentration = theta0.map((theta) => 100 * theta);
  const n = counts.reduce((sum, count) => sum + count, 0);
  const whole = concentration.reduce((sum, a) => sum + a, 0);
  const parts = counts.map((count, index) => {
    const theta = theta0[index] ?? Number.NaN;
    return lnRising(100 * theta, count) - count * Math.log(theta);
  });
  const logBf = parts.reduce((sum, part) => sum + part, -lnRising(whole, n));
  return [logBf, Math.min(1, Math.exp(-logBf))];
}

/** Radius of the uniform DKW band of Howard and Ramdas (arXiv:1906.09712) after n samples. */
export function dkwRadius(n: number, alpha: number): number {
  return 0.85 * Math.sqrt((Math.log(Math.log(Math.E * n)) + 0.8 * Math.log(1612 / alpha)) / n);
}

/** The p-value-free pooled z statistic of two error rates: what looks at sums over blocks see. */
export function pooledZ(nc: number, xc: number, ns: number, xs: number): number {
  const p = (xc + xs) / (nc + ns);
  return (xc / nc - xs / ns) / Math.sqrt(p * (1 - p) * (1 / nc + 1 / ns));
}

/** Probabilities of 0..n successes. */
export function binomialMasses(n: number, p: number): readonly number[] {
  let lnChoose = 0;
  return Array.from({ length: n + 1 }, (_, k) => {
    if (k > 0) lnChoose += Math.log((n - k + 1) / k);
    return Math.exp(lnChoose + k * Math.log(p) + (n - k) * Math.log1p(-p));
  });
}

function lnRising(a: number, x: number): number {
  let sum = 0;
  for (let step = 0; step < x; step += 1) sum += Math.log(a + step);
  return sum;
}
