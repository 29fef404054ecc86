import { describe, expect, it } from 'vitest';
import {
  type Alternative,
  type BlockCounts,
  type Boundary,
  boundaryAt,
  clipRate,
  lnBernoulliRatio,
  lnEBernoulli,
  lnEBernoulliLinear,
  lnEPoisson,
  lnEPoissonOneSample,
} from '../../../src/stats/evidence/e-value.ts';
import { binomialMasses } from '../../support/reference-formulas.ts';

const SIZES = [
  [1, 1],
  [2, 9],
  [10, 40],
  [40, 40],
  [3, 120],
] as const;
const RATES = [0.002, 0.03, 0.2, 0.6];
const BOUNDARIES: readonly Boundary[] = [
  { rho: 1, a: 0 },
  { rho: 1.1, a: 1e-4 },
  { rho: 1.25, a: 0 },
  { rho: 1, a: 0.05 },
];
const TIMES_THE_STABLE = [0.4, 1, 2];
const ABOVE = [1.1, 1.6, 6];
const BELOW = [0.2, 0.6, 0.95];

type LogE = (counts: BlockCounts, alternative: Alternative, boundary: Boundary) => number;

describe('a block e-value on the boundary of its null', () => {
  it.each([
    ['Poisson, harm', lnEPoisson, ABOVE],
    ['Poisson, parity', lnEPoisson, BELOW],
    ['Bernoulli, harm', lnEBernoulliLinear, ABOVE],
    ['Bernoulli, parity', lnEBernoulliLinear, BELOW],
  ] as const)('has a mean of at most 1: %s', (_, lnE, ratios) => {
    const means = enumerate(lnE, ratios);
    expect(means.length).toBeGreaterThan(500);
    expect(Math.max(...means)).toBeLessThanOrEqual(1 + 1e-9);
    expect(Math.max(...means)).toBeGreaterThan(0.9);
  });

  it('has a mean of exactly 1 for Bernoulli outcomes and the boundary c = s', () => {
    for (const [nc, ns] of SIZES) {
      const p0 = (nc * 0.4 + ns * 0.2) / (nc + ns);
      const mean = expectation(nc, ns, p0, p0, (counts) => lnEBernoulli(counts, { s1: 0.2, c1: 0.4 }));
      expect(mean).toBeCloseTo(1, 9);
    }
  });

  it('exceeds 1 beyond the boundary, so that the enumeration can fail', () => {
    const lnE = (counts: BlockCounts) => lnEPoisson(counts, { s1: 0.03, c1: 0.06 }, { rho: 1, a: 0 });
    expect(expectation(40, 40, 0.06, 0.03, lnE)).toBeGreaterThan(1.1);
  });

  it('has a mean of at most 1 for one sample, up to the guard and at it', () => {
    for (const n of [1, 7, 60]) {
      for (const limit of [0.01, 0.2]) {
        for (const rate of [limit / 3, limit]) {
          for (const ratio of ABOVE) {
            const p1 = clipRate(limit * ratio);
            if (p1 <= limit) continue;
            const mean = (lnE: (x: number) => number) =>
              binomialMasses(n, rate).reduce((sum, mass, x) => sum + mass * Math.exp(lnE(x)), 0);
            expect(mean((x) => lnEPoissonOneSample(n, x, p1, limit))).toBeLessThanOrEqual(1 + 1e-9);
            expect(mean((x) => lnBernoulliRatio(n, x, p1, limit))).toBeLessThanOrEqual(1 + 1e-9);
          }
        }
      }
    }
  });
});

describe('a block e-value', () => {
  const alternative = { s1: 0.01, c1: 0.04 };
  const boundary = { rho: 1.1, a: 1e-4 };
  const forms: readonly [string, LogE][] = [
    ['Poisson', lnEPoisson],
    ['Bernoulli', lnEBernoulliLinear],
  ];

  it.each(forms)('rises with the errors of the canary and falls with those of the stable: %s', (_, lnE) => {
    for (let x = 0; x < 30; x += 1) {
      const at = (xc: number, xs: number) => lnE({ nc: 50, xc, ns: 450, xs }, alternative, boundary);
      expect(at(x + 1, 5)).toBeGreaterThan(at(x, 5));
      expect(at(3, x + 1)).toBeLessThan(at(3, x));
    }
  });

  it.each(forms)('is the same for a block and for its halves: %s', (_, lnE) => {
    const whole = lnE({ nc: 50, xc: 5, ns: 450, xs: 6 }, alternative, boundary);
    const halves =
      lnE({ nc: 20, xc: 1, ns: 180, xs: 6 }, alternative, boundary) +
      lnE({ nc: 30, xc: 4, ns: 270, xs: 0 }, alternative, boundary);
    expect(halves).toBeCloseTo(whole, 9);
  });

  it('is taken against the point of a linear boundary that lies nearest to the alternative', () => {
    for (const boundary of [
      { rho: 1.5, a: 0.01 },
      { rho: 2, a: 0.1 },
      { rho: 0.5, a: 0 },
      { rho: 1.1, a: 1e-4 },
    ]) {
      for (const parts of [
        { nc: 0.1, ns: 0.9 },
        { nc: 300, ns: 4_000 },
        { nc: 0, ns: 1 },
      ]) {
        for (const alternative of [
          { s1: 0.002, c1: 0.3 },
          { s1: 0.4, c1: 0.97 },
          { s1: 1e-9, c1: 1 - 1e-9 },
        ]) {
          const { s1, c1 } = alternative;
          const mean = { ...parts, xc: parts.nc * c1, xs: parts.ns * s1 };
          const nearest = lnEBernoulliLinear(mean, alternative, boundary, parts);
          const apart = Array.from({ length: 5_000 }, (_, index) => {
            const s0 = clipRate((index * Math.min(1, (1 - boundary.a) / boundary.rho)) / 5_000);
            const c0 = clipRate(boundaryAt(boundary, s0));
            return lnBernoulliRatio(mean.nc, mean.xc, c1, c0) + lnBernoulliRatio(mean.ns, mean.xs, s1, s0);
          });
          const size = parts.nc + parts.ns;
          expect(nearest / size).toBeLessThanOrEqual(Math.min(...apart) / size + 1e-9);
          expect(nearest / size).toBeGreaterThan(Math.min(...apart) / size - 1e-3);
        }
      }
    }
  });

  it('catches Simpson within a block that spans two splits: why blocks end where the split changes', () => {
    // 1 % -> 50 % in mid-block while the base rate doubles: the pooled counts of identical versions look harmful.
    const pooled = { nc: 5_100, xc: 101, ns: 14_900, xs: 199 };
    expect(lnEPoisson(pooled, { s1: 0.013, c1: 0.02 }, { rho: 1.1, a: 1e-4 })).toBeGreaterThan(1);
  });
});

function enumerate(lnE: LogE, ratios: readonly number[]): readonly number[] {
  const means: number[] = [];
  for (const [nc, ns] of SIZES) {
    for (const stable of RATES) {
      for (const boundary of BOUNDARIES) {
        const canary = boundaryAt(boundary, stable);
        for (const times of TIMES_THE_STABLE) {
          for (const ratio of ratios) {
            const s1 = clipRate(stable * times);
            const limit = boundaryAt(boundary, s1);
            const c1 = clipRate(limit * ratio);
            if (ratio > 1 ? c1 <= limit : c1 >= limit) continue;
            means.push(expectation(nc, ns, canary, stable, (counts) => lnE(counts, { s1, c1 }, boundary)));
          }
        }
      }
    }
  }
  return means;
}

function expectation(nc: number, ns: number, c: number, s: number, lnE: (counts: BlockCounts) => number): number {
  const stable = binomialMasses(ns, s);
  return binomialMasses(nc, c).reduce(
    (sum, canaryMass, xc) =>
      sum + stable.reduce((part, mass, xs) => part + canaryMass * mass * Math.exp(lnE({ nc, xc, ns, xs })), 0),
    0,
  );
}
