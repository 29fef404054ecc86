import { describe, expect, it } from 'vitest';
import { normalTail } from '../../../src/stats/evidence/normal.ts';
import { seededRandom } from '../../support/random.ts';
import { binomialCount, lnFactorial, multinomialCounts, poissonCount } from '../../support/random-counts.ts';

const DRAWS = 40_000;

describe('ln(k!)', () => {
  it('goes on smoothly from the table to the series', () => {
    expect(lnFactorial(256) - lnFactorial(255)).toBeCloseTo(Math.log(256), 11);
    expect(lnFactorial(5)).toBeCloseTo(Math.log(120), 13);
  });
});

describe('counts follow their law (chi-square over the whole support)', () => {
  it.each([0.3, 4, 9.9, 10.1, 60, 1_000])('Poisson, mean %d', (mean) => {
    const mass = (k: number) => Math.exp(k * Math.log(mean) - mean - lnFactorial(k));
    expect(chiSquareP((random) => poissonCount(random, mean), mass, mean + 9 * Math.sqrt(mean) + 10)).toBeGreaterThan(
      1e-4,
    );
  });

  it.each([
    [7, 0.3],
    [50, 0.1],
    [50, 0.5],
    [400, 0.9],
    [5_000, 0.01],
    [100_000, 0.2],
  ])('binomial, n %d, p %d', (n, p) => {
    const mass = (k: number) =>
      Math.exp(lnFactorial(n) - lnFactorial(k) - lnFactorial(n - k) + k * Math.log(p) + (n - k) * Math.log1p(-p));
    expect(chiSquareP((random) => binomialCount(random, n, p), mass, n)).toBeGreaterThan(1e-4);
  });
});

describe('multinomial counts', () => {
  it('add up, and have the shares as means', () => {
    const shares = [0.5, 0.2, 0.25, 0.05];
    const random = seededRandom(3);
    const sums = shares.map(() => 0);
    for (let draw = 0; draw < 2_000; draw += 1) {
      const counts = multinomialCounts(random, 1_000, shares);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1_000);
      for (const [at, count] of counts.entries()) sums[at] = (sums[at] ?? 0) + count;
    }
    for (const [at, share] of shares.entries()) {
      const deviation = Math.sqrt(2_000 * 1_000 * share * (1 - share));
      expect(Math.abs((sums[at] ?? 0) - 2_000 * 1_000 * share)).toBeLessThan(4 * deviation);
    }
  });
});

// Cells of an expected count below 10 are merged. The p-value is that of Wilson and Hilferty.
function chiSquareP(draw: (random: () => number) => number, mass: (k: number) => number, highest: number): number {
  const random = seededRandom(11);
  const seen = new Map<number, number>();
  for (let i = 0; i < DRAWS; i += 1) {
    const k = draw(random);
    seen.set(k, (seen.get(k) ?? 0) + 1);
  }
  let cells = 0;
  let statistic = 0;
  let open = { expected: 0, seen: 0 };
  for (let k = 0; k <= highest; k += 1) {
    open = { expected: open.expected + DRAWS * mass(k), seen: open.seen + (seen.get(k) ?? 0) };
    if (open.expected < 10) continue;
    statistic += (open.seen - open.expected) ** 2 / open.expected;
    cells += 1;
    open = { expected: 0, seen: 0 };
  }
  const freedom = cells - 1;
  const cubeRoot = (statistic / freedom) ** (1 / 3);
  const spread = 2 / (9 * freedom);
  return normalTail((cubeRoot - (1 - spread)) / Math.sqrt(spread));
}
