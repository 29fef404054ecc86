import { describe, expect, it } from 'vitest';
import { addSpan, type ExcessSums, excessErrors, NO_EXCESS } from '../../../src/stats/rates/excess.ts';
import { poisson, seededRandom } from '../../support/random.ts';
import { betaI } from '../../support/reference-special.ts';

const spanOf = (nc: number, xc: number, ns: number, xs: number) => addSpan(NO_EXCESS, { nc, xc, ns, xs });

/** The counts that the exact binomial test of both, given their sum, does not rule out on either side. */
function exactRange(nc: number, ns: number, xs: number): { fewest: number; most: number } {
  const q = nc / (nc + ns);
  // P(X >= m) and P(X <= m) of a binomial of xs + m.
  const tooMany = (m: number) => m > 0 && betaI(m, xs + 1, q) <= 0.025;
  const tooFew = (m: number) => xs > 0 && 1 - betaI(m + 1, xs, q) <= 0.025;
  let fewest = 0;
  while (tooFew(fewest)) fewest += 1;
  let most = fewest;
  while (!tooMany(most + 1)) most += 1;
  return { fewest, most };
}

describe('errors beyond the rate of the stable', () => {
  it('are those of the canary less what the stable would have had in as many requests', () => {
    expect(excessErrors(spanOf(1_204, 58, 10_911, 23), 1)?.estimate).toBeCloseTo(58 - (1_204 / 10_911) * 23, 10);
    const two = addSpan(spanOf(100, 5, 900, 9), { nc: 500, xc: 8, ns: 500, xs: 4 });
    expect(excessErrors(two, 1)?.estimate).toBeCloseTo(13 - 1 - 4, 10);
  });

  it('are below 0 where the canary has fewer', () => {
    expect(excessErrors(spanOf(1_000, 0, 1_000, 20), 1)).toEqual({ estimate: -20, low: -35, high: -9 });
  });

  it.each([
    [100, 20, 900, 9, 16, 20],
    [100, 0, 900, 0, -1, 0],
    [1_204, 58, 10_911, 23, 51, 58],
    [900, 5, 100, 0, -30, 5],
    [300, 0, 700, 12, -12, -1],
  ])('%d requests, %d errors against %d and %d: %d to %d', (nc, xc, ns, xs, low, high) => {
    expect(excessErrors(spanOf(nc, xc, ns, xs), 1)).toMatchObject({ low, high });
  });

  it('has the exact interval in one span, whatever the counts', () => {
    for (const [nc, ns] of [
      [10, 990],
      [100, 900],
      [500, 500],
      [900, 100],
      [99, 1],
    ] as const) {
      for (const xs of [0, 1, 2, 3, 7, 20, 90]) {
        const { fewest, most } = exactRange(nc, ns, xs);
        expect([nc, ns, xs, excessErrors(spanOf(nc, 50, ns, xs), 1)]).toEqual([
          nc,
          ns,
          xs,
          { estimate: expect.closeTo(50 - (nc / ns) * xs, 10), low: 50 - most, high: 50 - fewest },
        ]);
      }
    }
  });

  it('is the same however a span of one rate and one weight is cut', () => {
    const halves = addSpan(spanOf(500, 10, 4_500, 9), { nc: 500, xc: 12, ns: 4_500, xs: 11 });
    const whole = excessErrors(spanOf(1_000, 22, 9_000, 20), 1);
    expect(excessErrors(halves, 1)).toEqual({ ...whole, estimate: expect.closeTo(whole?.estimate ?? 0, 10) });
  });

  it('misses in at most one of twenty where rates and weights differ', () => {
    const random = seededRandom(7);
    const spans = [
      { nc: 300, ns: 2_700, rate: 0.002 },
      { nc: 1_000, ns: 3_000, rate: 0.004 },
      { nc: 2_000, ns: 2_000, rate: 0.001 },
    ];
    let missed = 0;
    const runs = 2_000;
    for (let run = 0; run < runs; run += 1) {
      let sums: ExcessSums = NO_EXCESS;
      let unseen = 0;
      for (const { nc, ns, rate } of spans) {
        unseen += poisson(random, nc * rate);
        sums = addSpan(sums, { nc, xc: 30, ns, xs: poisson(random, ns * rate) });
      }
      const { low, high } = excessErrors(sums, 1) ?? { low: 0, high: 0 };
      if (90 - unseen < low || 90 - unseen > high) missed += 1;
    }
    expect(missed / runs).toBeLessThan(0.05);
    expect(missed / runs).toBeGreaterThan(0.001);
  });

  it('is wider where errors come in clumps, which count once', () => {
    const single = excessErrors(spanOf(1_000, 60, 9_000, 90), 1);
    const clumped = excessErrors(spanOf(1_000, 60, 9_000, 90), 3);
    const thirds = excessErrors(spanOf(1_000, 20, 9_000, 30), 1);
    expect(clumped?.estimate).toBe(single?.estimate);
    expect(clumped).toMatchObject({ low: 3 * (thirds?.low ?? 0), high: 3 * (thirds?.high ?? 0) });
    expect(clumped?.low).toBeLessThan(single?.low ?? 0);
  });

  it('says nothing where the versions never served together, and takes no time for many errors', () => {
    expect(excessErrors(spanOf(1_000, 5, 0, 0), 1)).toBeNull();
    expect(excessErrors(spanOf(0, 0, 1_000, 5), 1)).toBeNull();
    const many = excessErrors(spanOf(1e8, 1_050_000, 1e8, 1e6), 1);
    expect(many?.estimate).toBeCloseTo(50_000, 6);
    // A difference of two Poisson counts: 1.96 times the root of both.
    expect(((many?.high ?? 0) - (many?.low ?? 0)) / 2).toBeCloseTo(1.96 * Math.sqrt(2e6), -2);
  });
});
