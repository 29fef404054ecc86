import {
  bernoulliInterval,
  bestRho,
  betaBinomial,
  boundOf,
  doubleStitching,
  gammaExponential,
  gammaPoisson,
  lilBound,
  normalOneSided,
  normalTwoSided,
  polyStitching,
  quantileAbP,
} from './reference-confseq.ts';

/** A published value and what our code makes of the same input. */
export interface PublishedVector {
  readonly name: string;
  readonly published: number;
  readonly computed: number;
}

const V = 100;
const ALPHA = 0.05;

/** `test/uniform_boundaries_unittest.cpp` of confseq: its values come from an implementation in R, to 1e-5. */
export function confseqVectors(): readonly PublishedVector[] {
  const mixtures = [
    ['normal, two-sided', normalTwoSided(V, ALPHA), -0.6510052, 30.35209],
    ['normal, one-sided', normalOneSided(V, ALPHA), -0.06502391, 27.66071],
    ['gamma-exponential', gammaExponential(V, ALPHA, 2), -0.2490165, 33.02017],
    ['gamma-Poisson', gammaPoisson(V, ALPHA, 2), -0.06991219, 30.1949],
    ['beta-binomial, two-sided', betaBinomial(V, ALPHA, 0.2, 0.8, 'two'), -0.6941012, 31.4308],
    ['beta-binomial, one-sided', betaBinomial(V, ALPHA, 0.2, 0.8, 'one'), -0.07134019, 28.41238],
  ] as const;
  const interval = bernoulliInterval(700, 1_000, ALPHA, 100);
  const quantileTests = [
    [0.5, 70, 0.814704],
    [0.5, 85, 0.0838055],
    [0.5, 100, 0.0054947],
    [0.9, 55, 0.0340463],
  ] as const;
  return [
    vector('best rho', 12.60056, bestRho(V, ALPHA)),
    ...mixtures.flatMap(([name, mixture, log, bound]) => [
      vector(`${name}: log mixture`, log, mixture(10, V)),
      vector(`${name}: bound`, bound, boundOf(mixture, V, ALPHA)),
    ]),
    vector('polynomial stitching, c = 3', 64.48755, polyStitching(V, ALPHA, 10, 3)),
    vector('polynomial stitching, c = -1', 28.99389, polyStitching(V, ALPHA, 10, -1)),
    vector('empirical process LIL', 0.08204769, lilBound(1_000, ALPHA, 100, 0.85)),
    vector('double stitching, p = .5', 68.62803, doubleStitching(0.5, 1_000, ALPHA, 100)),
    vector('double stitching, p = .9', 43.72119, doubleStitching(0.9, 1_000, ALPHA, 100)),
    vector('double stitching, p = .1', 59.96521, doubleStitching(0.1, 1_000, ALPHA, 100)),
    ...quantileTests.map(([p, offset, published]) =>
      vector(`quantile A/B, p = ${p}, offset ${offset}`, published, quantileAbP(p, integers(0), integers(offset), 100)),
    ),
    vector('Bernoulli interval 700/1000, lower', 0.651629, interval[0]),
    vector('Bernoulli interval 700/1000, upper', 0.745949, interval[1]),
    vector('Bernoulli interval 1/50, upper', 0.13489, bernoulliInterval(1, 50, ALPHA, 50)[1]),
  ];
}

function integers(offset: number): readonly number[] {
  return Array.from({ length: 1_000 }, (_, at) => offset + at + 1);
}

function vector(name: string, published: number, computed: number): PublishedVector {
  return { name, published, computed };
}
