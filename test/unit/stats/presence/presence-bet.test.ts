import { describe, expect, it } from 'vitest';
import { type PresenceSide, presenceLogE } from '../../../../src/stats/presence/presence-bet.ts';

const UNCAPPED = { cap: Number.POSITIVE_INFINITY, phi: 1 };

/** By enumeration, the mean e-value of a block in which both versions have it with these probabilities. */
function meanE(side: PresenceSide, s1: number, { nc, ns, c, s }: { nc: number; ns: number; c: number; s: number }) {
  const sums: number[] = [];
  const ours = binomial(nc, c);
  const theirs = binomial(ns, s);
  for (let xc = 0; xc <= nc; xc += 1) {
    for (let xs = 0; xs <= ns; xs += 1) {
      const chance = (ours[xc] ?? 0) * (theirs[xs] ?? 0);
      const logE = presenceLogE({ nc, xc, ns, xs }, side, s1, UNCAPPED);
      for (const [index, log] of logE.entries()) sums[index] = (sums[index] ?? 0) + chance * Math.exp(log);
    }
  }
  return Math.max(...sums);
}

function binomial(n: number, p: number): readonly number[] {
  const terms = [(1 - p) ** n];
  for (let x = 1; x <= n; x += 1) terms.push(((terms[x - 1] ?? 0) * (n - x + 1) * p) / (x * (1 - p)));
  return terms;
}

describe('the e-values of a presence', () => {
  it('are e-values for equal versions, whatever was known, in both sides and both forms', () => {
    for (const share of [0.001, 0.05, 0.3, 0.5, 0.7, 0.95, 0.999]) {
      for (const s1 of [0.002, 0.2, 0.5, 0.8, 0.998]) {
        for (const side of ['extra', 'missing'] as const) {
          expect(meanE(side, s1, { nc: 5, ns: 25, c: share, s: share })).toBeLessThanOrEqual(1 + 1e-9);
        }
      }
    }
  });

  it('are e-values at the margin, which is where a difference begins', () => {
    for (const s of [0.01, 0.2, 0.4]) {
      const c = 1.1 * s + 0.002;
      expect(meanE('extra', s, { nc: 6, ns: 20, c, s })).toBeLessThanOrEqual(1 + 1e-9);
      expect(meanE('missing', 1 - s, { nc: 6, ns: 20, c: 1 - c, s: 1 - s })).toBeLessThanOrEqual(1 + 1e-9);
    }
  });

  it('grow where the canary lacks what the stable has, and shrink where it does not', () => {
    const gone = presenceLogE({ nc: 20, xc: 0, ns: 180, xs: 180 }, 'missing', 0.998, UNCAPPED);
    const there = presenceLogE({ nc: 20, xc: 20, ns: 180, xs: 180 }, 'missing', 0.998, UNCAPPED);
    expect(gone.at(-1)).toBeGreaterThan(40);
    expect(Math.max(...there)).toBeLessThan(0);
    expect(presenceLogE({ nc: 20, xc: 0, ns: 180, xs: 180 }, 'missing', 0.998, { cap: 7.5, phi: 2 }).at(-1)).toBe(7.5);
  });
});
