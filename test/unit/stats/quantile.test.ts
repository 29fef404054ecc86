import { describe, expect, it } from 'vitest';
import type { Bet } from '../../../src/stats/evidence/bet.ts';
import type { BlockCounts } from '../../../src/stats/evidence/e-value.ts';
import { histogramOf, EMPTY as NONE } from '../../../src/stats/latency/log-histogram.ts';
import {
  aboveEdge,
  asFastLogE,
  logQuantileHarm,
  logQuantileParity,
  openQuantile,
  parityEdge,
  quantileEdge,
  slowerLogE,
  stepQuantile,
} from '../../../src/stats/latency/quantile.ts';
import { tailsOf } from '../../../src/stats/latency/tails.ts';
import { binomialMasses } from '../../support/reference-formulas.ts';

const BET: Bet = { cap: 3.97, phi: 1, past: 'learnt', spent: 0.5, parity: 'counted', parityCeiling: Math.log(20) + 3 };
/** 100 answers in each of the buckets 1..100. */
const REFERENCE = tailsOf(histogramOf(Object.fromEntries(Array.from({ length: 100 }, (_, index) => [index + 1, 100]))));
const EMPTY = tailsOf(NONE);
const shifted = (by: number, each: number) =>
  tailsOf(histogramOf(Object.fromEntries(Array.from({ length: 100 }, (_, index) => [index + 1 + by, each]))));

describe('a quantile', () => {
  it('lies in the smallest bucket with at most 1 - q above it, and the share above its edge is 1 - q', () => {
    expect(quantileEdge(REFERENCE, 0.5)).toEqual({ bucket: 50, part: 0, mass: 5_000, share: 0.5 });
    const p955 = quantileEdge(REFERENCE, 0.955);
    expect(p955?.bucket).toBe(96);
    expect(p955?.part).toBeCloseTo(0.5, 9);
    expect(p955?.share).toBeCloseTo(0.045, 12);
    expect(quantileEdge(EMPTY, 0.5)).toBeNull();
  });

  it('counts the answers in the bucket of its edge in part', () => {
    const steps = tailsOf(histogramOf({ 0: 250, 36: 450, 56: 200, 71: 100 }));
    const edge = quantileEdge(steps, 0.5);
    expect(edge?.bucket).toBe(36);
    expect(edge?.part).toBeCloseTo(0.4444444444, 9);
    expect(edge === null ? null : aboveEdge(steps, edge)).toBeCloseTo(500, 9);
    expect(parityEdge(steps, 0.5, 5)?.equal).toBeCloseTo(0.3, 12);
  });

  it('expects of an equal canary what the stable has beyond the margin, and can show nothing within one bucket', () => {
    expect(parityEdge(REFERENCE, 0.5, 10)?.equal).toBeCloseTo(0.4, 12);
    expect(parityEdge(REFERENCE, 0.5, 400)?.equal).toBeCloseTo(0.01, 12);
    expect(parityEdge(REFERENCE, 0.5, 0)).toBeNull();
  });

  it('compares a lower level where the declared one lies beside a gap', () => {
    const gap = tailsOf(histogramOf({ 10: 510, 90: 490 }));
    const edge = parityEdge(gap, 0.5, 5);
    expect(edge?.level).toBeCloseTo(0.425, 12);
    expect(edge?.equal).toBeCloseTo(0.49, 12);
    expect(edge?.share).toBeCloseTo(0.575, 12);
    const wider = tailsOf(histogramOf({ 10: 470, 90: 530 }));
    expect(parityEdge(wider, 0.5, 5)?.level).toBe(0.5);
  });

  it('shows that a constant latency is no slower', () => {
    const constant = tailsOf(histogramOf({ 82: 1_000 }));
    const edge = parityEdge(constant, 0.5, 5);
    expect(edge).toMatchObject({ bucket: 82, part: 0.5, level: 0.5, equal: 0.01 });
    const canary = tailsOf(histogramOf({ 82: 10 }));
    const stable = tailsOf(histogramOf({ 82: 90 }));
    if (edge === null) throw new Error('a constant latency has an edge');
    const counts = { nc: 10, xc: aboveEdge(canary, edge, 2), ns: 90, xs: aboveEdge(stable, edge) };
    expect(slowerLogE(counts, 0.5, 3.97)[0]).toBeCloseTo(-0.651004, 6);
    const parity = stepQuantile(openQuantile(), constant, 0.5, { rollback: 2, parity: 5 }, { canary, stable }, BET);
    expect(parity.parity[0]).toBe(3.97);
  });

  it('shows parity of an equal canary and harm of a slower one', () => {
    const margins = { rollback: 2, parity: 10 };
    let equal = openQuantile();
    let slower = openQuantile();
    for (let block = 0; block < 12; block += 1) {
      equal = stepQuantile(equal, REFERENCE, 0.5, margins, { canary: shifted(0, 1), stable: shifted(0, 9) }, BET);
      slower = stepQuantile(slower, REFERENCE, 0.5, margins, { canary: shifted(20, 1), stable: shifted(0, 9) }, BET);
    }
    expect(logQuantileParity(equal)).toBeGreaterThan(Math.log(20));
    expect(logQuantileHarm(equal)).toBeLessThan(0);
    expect(logQuantileHarm(slower)).toBeGreaterThan(Math.log(1_000));
    expect(logQuantileParity(slower)).toBeLessThan(0);
  });

  it('is not fooled when both versions slow down together', () => {
    let state = openQuantile();
    for (let block = 0; block < 50; block += 1) {
      const both = { canary: shifted(30, 1), stable: shifted(30, 9) };
      state = stepQuantile(state, REFERENCE, 0.5, { rollback: 2, parity: 10 }, both, BET);
    }
    expect(logQuantileHarm(state)).toBeLessThan(0);
  });

  it('does not bet before the reference has ten slow answers, nor without both versions', () => {
    const state = openQuantile();
    const block = { canary: shifted(50, 1), stable: shifted(0, 1) };
    const margins = { rollback: 2, parity: 10 };
    const thin = tailsOf(histogramOf({ 1: 150, 2: 9 }));
    expect(stepQuantile(state, thin, 0.95, margins, block, BET)).toBe(state);
    expect(stepQuantile(state, REFERENCE, 0.95, margins, { ...block, canary: EMPTY }, BET)).toBe(state);
    expect(stepQuantile(state, REFERENCE, 0.95, margins, { ...block, stable: EMPTY }, BET)).toBe(state);
    expect(stepQuantile(state, REFERENCE, 0.95, margins, block, BET)).not.toBe(state);
  });

  it('has means of at most 1 on its boundary', () => {
    for (const rate of [0.01, 0.05, 0.5]) {
      for (const share of [rate / 2, rate, rate * 1.5]) {
        for (const logE of [
          slowerLogE,
          (...[c, s, cap]: Parameters<typeof slowerLogE>) => asFastLogE(c, s, s / 3, cap),
        ]) {
          const sums: number[] = [];
          const stable = binomialMasses(40, rate);
          for (const [xc, canaryMass] of binomialMasses(20, rate).entries()) {
            for (const [xs, mass] of stable.entries()) {
              for (const [g, log] of logE({ nc: 20, xc, ns: 40, xs }, share, 1e9).entries()) {
                sums[g] = (sums[g] ?? 0) + canaryMass * mass * Math.exp(log);
              }
            }
          }
          expect(Math.max(...sums)).toBeLessThanOrEqual(1 + 1e-9);
        }
      }
    }
  });

  it('has means of at most 1 where part of a bucket counts', () => {
    // Latencies in two buckets: that of the edge, and one beyond it. Both versions alike.
    const tests = [
      (...[counts, share]: readonly [BlockCounts, number]) => slowerLogE(counts, share, 1e9),
      (...[counts, share]: readonly [BlockCounts, number]) => asFastLogE(counts, share, share / 3, 1e9),
    ];
    for (const part of [0.2, 0.5, 0.9]) {
      const counted = (n: number, x: number) => x + part * (n - x);
      for (const beyond of [0.01, 0.1, 0.4]) {
        for (const logE of tests) {
          const sums: number[] = [];
          for (const [xc, canaryMass] of binomialMasses(8, beyond).entries()) {
            for (const [xs, mass] of binomialMasses(24, beyond).entries()) {
              const counts = { nc: 8, xc: counted(8, xc), ns: 24, xs: counted(24, xs) };
              for (const [g, log] of logE(counts, beyond + part * (1 - beyond)).entries()) {
                sums[g] = (sums[g] ?? 0) + canaryMass * mass * Math.exp(log);
              }
            }
          }
          expect(Math.max(...sums)).toBeLessThanOrEqual(1 + 1e-9);
        }
      }
    }
  });
});
