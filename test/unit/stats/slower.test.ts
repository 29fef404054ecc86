import { describe, expect, it } from 'vitest';
import type { SlowerCounts } from '../../../src/stats/block.ts';
import type { Bet } from '../../../src/stats/evidence/bet.ts';
import {
  addSlower,
  type BoundaryState,
  interpolatedQuantile,
  logBoundaryHarm,
  medianBoundary,
  openBoundaries,
  type SlowerMargins,
  stepBoundaries,
  takesPart,
} from '../../../src/stats/latency/slower.ts';
import { logRateParity, type RateMargins } from '../../../src/stats/rates/error-rate.ts';

const BOUNDARIES = [10, 20, 40];
const RATE: RateMargins = {
  rollback: { rho: 1.15, a: 0.002 },
  parity: [
    { rho: 1.25, a: 0 },
    { rho: 1, a: 0.005 },
  ],
};
const MARGINS: SlowerMargins = { rate: RATE, lowerThan: (_, index) => (index === 0 ? null : index - 1) };
const BET: Bet = { cap: 50, phi: 1, past: 'learnt', spent: 0.5, parity: 'counted', parityCeiling: 50 };
/** Their part of the budget, as the judge gives it to three boundaries. */
const PART = 0.6 / BOUNDARIES.length;

/** Answers by bin: up to 10 ms, up to 20, up to 40, above. */
function countsOf(bins: readonly number[]): SlowerCounts {
  const answers = bins.reduce((sum, count) => sum + count, 0);
  let left = answers;
  const above = BOUNDARIES.map((ms, index) => {
    left -= bins[index] ?? 0;
    return { ms, count: left };
  });
  return { answers, above };
}

function learnt(bins: readonly number[]): readonly BoundaryState[] {
  const block = { canary: undefined, stable: countsOf(bins), durationMs: 1 };
  return stepBoundaries(openBoundaries(BOUNDARIES, RATE), MARGINS, block, {
    ...BET,
    spent: 'nothing',
    parity: 'left-out',
  });
}

describe('the tests at the boundaries together', () => {
  // Few enough answers to enumerate; the past moves between the blocks.
  const past = learnt([130, 60, 9, 1]);
  const stable = [0.62, 0.3, 0.05, 0.03];
  const shares = (bins: readonly number[]) => BOUNDARIES.map((_, at) => sum(bins.slice(at + 1)));
  const stableAbove = shares(stable);

  it('have a mean of at most 1 where the canary is on every margin at once', () => {
    const canary = binsOf(
      stableAbove.map((share, at) => Math.min(1.15 * share + 0.002, at === 0 ? 1 : (stableAbove[at - 1] ?? 1))),
    );
    const mean = meanOf(
      canary,
      (states) => 1 - 3 * PART + sum(states.map((one) => PART * Math.exp(logBoundaryHarm(one)))),
    );
    expect(mean).toBeLessThanOrEqual(1 + 1e-9);
    expect(mean).toBeGreaterThan(0.9);
  });

  it('have a mean of at most 1 where only the latency itself is on its margin', () => {
    const canary = binsOf([1, stableAbove[0] ?? 0, stableAbove[1] ?? 0]);
    const mean = meanOf(canary, (states) => 1 - 2 * PART + sum(states.slice(1).map((one) => PART * shiftOf(one))));
    expect(mean).toBeLessThanOrEqual(1 + 1e-9);
  });

  it('exceed 1 beyond the margins, so that the enumeration can fail', () => {
    const canary = binsOf(stableAbove.map((share) => Math.min(1, 3 * share)));
    const mean = meanOf(
      canary,
      (states) => 1 - 3 * PART + sum(states.map((one) => PART * Math.exp(logBoundaryHarm(one)))),
    );
    expect(mean).toBeGreaterThan(1.02);
  });

  it('show parity with a mean of at most 1 where the canary is on the wider parity margin', () => {
    const canary = binsOf(stableAbove.map((share) => Math.max(1.25 * share, share + 0.005)));
    for (const at of [0, 1, 2]) {
      const mean = meanOf(canary, (states) => Math.exp(states[at] === undefined ? 0 : logRateParity(states[at].rate)));
      expect(mean).toBeLessThanOrEqual(1 + 1e-9);
    }
  });

  /** Over two blocks, of two answers and of one of the canary; both of two of the stable. */
  function meanOf(canary: readonly number[], value: (states: readonly BoundaryState[]) => number): number {
    let mean = 0;
    for (const ours of outcomes(canary, 2)) {
      for (const theirs of outcomes(stable, 2)) {
        const between = step(past, ours.bins, theirs.bins, BET);
        for (const last of outcomes(canary, 1)) {
          for (const end of outcomes(stable, 2)) {
            const chance = ours.chance * theirs.chance * last.chance * end.chance;
            mean += chance * value(step(between, last.bins, end.bins, { ...BET, spent: 0.7 }));
          }
        }
      }
    }
    return mean;
  }
});

describe('a boundary', () => {
  it('takes part while the past of the stable exceeds it in 0.1 % to 40 %, and once that is known', () => {
    expect(openBoundaries(BOUNDARIES, RATE).map(takesPart)).toEqual([false, false, false]);
    expect(learnt([100, 60, 38, 1]).map(takesPart)).toEqual([false, false, false]);
    expect(learnt([119, 60, 20, 1]).map(takesPart)).toEqual([false, true, true]);
    expect(learnt([3_000, 900, 99, 1]).map(takesPart)).toEqual([true, true, false]);
  });

  it('is left as it is by a block in which it takes no part, whatever the canary did', () => {
    const before = learnt([1_000, 900, 99, 1]);
    const after = step(before, [0, 0, 0, 500], [50, 40, 9, 1], BET);
    expect(before.map(takesPart)).toEqual([false, true, false]);
    expect(after.map(logBoundaryHarm).map((log) => log > 1)).toEqual([false, true, false]);
    expect(after[0]?.rate.harm).toEqual(before[0]?.rate.harm);
  });

  it('blames a latency that is certainly longer, where hardly an answer of the stable lies between two boundaries', () => {
    // 30 % beyond 20 ms against 30 % beyond 10 ms: nothing. 36 % are more, though 20 ms alone allow as much.
    const before = learnt([1_400, 2, 598, 0]);
    const block = { canary: countsOf([1_200, 0, 800, 0]), stable: countsOf([14_000, 20, 5_980, 0]), durationMs: 1 };
    const after = stepBoundaries(before, MARGINS, block, BET);
    expect(shiftOf(after[1])).toBeGreaterThan(Math.exp(10));
  });
});

describe('figures for people', () => {
  const counts = countsOf([50, 40, 8, 2]);

  it('interpolate a quantile in its bucket, and stop at the last boundary', () => {
    expect(interpolatedQuantile(counts, 0.5)).toBeCloseTo(10, 12);
    expect(interpolatedQuantile(counts, 0.7)).toBeCloseTo(15, 12);
    expect(interpolatedQuantile(counts, 0.99)).toBe(40);
    expect(interpolatedQuantile(countsOf([0, 0, 0, 0]), 0.5)).toBeNull();
  });

  it('add up over spans, of which one may have none', () => {
    expect(addSlower(counts, undefined)).toBe(counts);
    expect(addSlower(counts, counts)).toEqual(countsOf([100, 80, 16, 4]));
  });

  it('take their dispersion at the boundary nearest to the median', () => {
    expect(medianBoundary(learnt([130, 60, 9, 1]))).toBe(0);
    expect(medianBoundary(learnt([10, 100, 80, 10]))).toBe(1);
    expect(medianBoundary(openBoundaries(BOUNDARIES, RATE))).toBeNull();
  });
});

function step(states: readonly BoundaryState[], canary: readonly number[], stable: readonly number[], bet: Bet) {
  const block = { canary: countsOf(canary), stable: countsOf(stable), durationMs: 1 };
  return stepBoundaries(states, MARGINS, block, bet);
}

function shiftOf(state: BoundaryState | undefined): number {
  if (state === undefined) throw new Error('no such boundary');
  const { rate, ...rest } = state;
  return (Math.exp(logBoundaryHarm({ ...rest, rate: { ...rate, harm: null } })) - 0.8) / 0.2;
}

function binsOf(above: readonly number[]): number[] {
  const tails = [1, ...above, 0];
  return tails.slice(1).map((tail, at) => (tails[at] ?? 0) - tail);
}

/** Every way in which `n` answers fall into the bins, with its probability. */
function outcomes(bins: readonly number[], n: number): readonly { bins: number[]; chance: number }[] {
  let ways = new Map<string, number>([[bins.map(() => 0).join(), 1]]);
  for (let answer = 0; answer < n; answer += 1) {
    const next = new Map<string, number>();
    for (const [key, chance] of ways) {
      for (const [at, share] of bins.entries()) {
        const counts = key.split(',').map(Number);
        counts[at] = (counts[at] ?? 0) + 1;
        next.set(counts.join(), (next.get(counts.join()) ?? 0) + chance * share);
      }
    }
    ways = next;
  }
  return [...ways].map(([key, chance]) => ({ bins: key.split(',').map(Number), chance }));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
