import { describe, expect, it } from 'vitest';
import { type BlockCounts, boundaryAt, lnEDrawn, lnEPoisson } from '../../../src/stats/evidence/e-value.ts';
import { harmLogE } from '../../../src/stats/rates/error-rate.ts';

/** Every block of `n` requests, each drawn for the canary with chance `share`, and its probability. */
function blocksOf(n: number, share: number, s: number, c: number): readonly (readonly [BlockCounts, number])[] {
  const kinds = [share * c, share * (1 - c), (1 - share) * s, (1 - share) * (1 - s)];
  const blocks: [BlockCounts, number][] = [];
  for (let nc = 0; nc <= n; nc += 1) {
    for (let xc = 0; xc <= nc; xc += 1) {
      for (let xs = 0; xs <= n - nc; xs += 1) {
        const counts = [xc, nc - xc, xs, n - nc - xs];
        let mass = 1;
        let ways = 0;
        for (const [at, count] of counts.entries()) {
          for (let one = 1; one <= count; one += 1) {
            ways += 1;
            mass *= (ways * (kinds[at] ?? 0)) / one;
          }
        }
        blocks.push([{ nc, xc, ns: n - nc, xs }, mass]);
      }
    }
  }
  return blocks;
}

const meanOver = (blocks: ReturnType<typeof blocksOf>, logE: (counts: BlockCounts) => number) =>
  blocks.reduce((sum, [counts, mass]) => sum + mass * Math.exp(logE(counts)), 0);
const boundaries = [
  { rho: 1.1, a: 0.0001 },
  { rho: 1.5, a: 0.01 },
  { rho: 2, a: 0.1 },
];

describe('requests that were drawn one by one', () => {
  it('have means of at most 1 where the canary is on the boundary or better, whatever the stable does', () => {
    let largest = 0;
    for (const w of [0.01, 0.1, 0.5]) {
      for (const boundary of boundaries) {
        for (const s of [0.001, 0.05, 0.3]) {
          for (const c of [boundaryAt(boundary, s), 0.5 * s]) {
            const blocks = blocksOf(5, w, s, c);
            for (const s1 of [0.001, 0.02, 0.2]) {
              for (const t of [0.02, 0.4, 0.95]) {
                const limit = boundaryAt(boundary, s1);
                const alternative = { s1, c1: limit + t * (1 - limit) };
                largest = Math.max(
                  largest,
                  meanOver(blocks, (counts) => lnEDrawn(counts, alternative, boundary, w)),
                );
              }
            }
          }
        }
      }
    }
    expect(largest).toBeLessThanOrEqual(1 + 1e-9);
    expect(largest).toBeGreaterThan(0.99);
  });

  it('have the vectors of the exact form against c = s', () => {
    const vector = (xc: number) =>
      lnEDrawn({ nc: xc, xc, ns: 1 - xc, xs: 0 }, { s1: 0.5, c1: 0.8 }, { rho: 1, a: 0 }, 0.5);
    expect(vector(1)).toBeCloseTo(0.20763936477824457, 9);
    expect(vector(0)).toBeCloseTo(0.35667494393873256, 9);
  });

  // The Poisson form with what was to be expected of each version is valid, too, and rests on the chance far more.
  it('depend on the chance less than the Poisson form with expected requests does', () => {
    const boundary = { rho: 1.5, a: 0.01 };
    const alternative = { s1: 0.001, c1: 0.4 };
    const expected = (counts: BlockCounts, w: number) => {
      const n = counts.nc + counts.ns;
      return lnEPoisson({ ...counts, nc: w * n, ns: (1 - w) * n }, alternative, boundary);
    };
    const vector = (n: number, xc: number, xs: number) => expected({ nc: n, xc, ns: 0, xs }, 0.1);
    expect(vector(500, 3, 1)).toBeCloseTo(-0.6301941339887893, 12);
    expect(vector(1, 1, 0)).toBeCloseTo(1.9133354108580125, 12);
    expect(vector(1, 0, 1)).toBeCloseTo(-3.485877506514902, 12);
    expect(vector(1, 0, 0)).toBeCloseTo(-0.005815167056548238, 12);
    const rates: readonly (readonly [s: number, c: number])[] = [
      [0.001, 0.0115],
      [0.02, 0.04],
      [0.1, 0.16],
      [0.3, 0.3],
    ];
    const worst = (share: number, logE: (counts: BlockCounts) => number) =>
      Math.max(...rates.map(([s, c]) => meanOver(blocksOf(12, share, s, c), logE)));
    const exact = (counts: BlockCounts) => lnEDrawn(counts, alternative, boundary, 0.1);
    expect(worst(0.1, (counts) => expected(counts, 0.1))).toBeLessThanOrEqual(1 + 1e-9);
    // At twice the chance neither is valid any more: it is for the gateway's own draws alone.
    expect(worst(0.2, (counts) => expected(counts, 0.1))).toBeGreaterThan(3.4);
    expect(worst(0.2, exact)).toBeLessThan(2.4);
  });

  it('count in a block with one version', () => {
    const alone = (counts: Partial<BlockCounts>) =>
      harmLogE({ nc: 0, xc: 0, ns: 0, xs: 0, ...counts }, 0.01, { rho: 1.1, a: 0.0001 }, 9, 1, [15], 0.1)[0] ?? 0;
    expect(alone({ nc: 1, xc: 1 })).toBeGreaterThan(1);
    expect(alone({ ns: 1, xs: 1 })).toBeLessThan(-0.5);
    expect(alone({ ns: 1 })).toBeGreaterThan(0);
    expect(alone({ nc: 1 })).toBeLessThan(0);
  });
});
