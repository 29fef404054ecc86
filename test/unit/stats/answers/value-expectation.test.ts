import { describe, expect, it } from 'vitest';
import { logMissingHarm, openMissing, stepMissing } from '../../../../src/parity/values/missing.ts';
import { policySchema } from '../../../../src/policy/schema.ts';
import { valueBucket } from '../../../../src/stats/answers/value-grid.ts';
import { mirrored, valueHistogram } from '../../../../src/stats/answers/value-histogram.ts';
import type { Bet } from '../../../../src/stats/evidence/bet.ts';
import { binsOf, logDominanceHarm, openDominance, stepDominance } from '../../../../src/stats/latency/dominance.ts';
import { logQuantileHarm, openQuantile, stepQuantile } from '../../../../src/stats/latency/quantile.ts';
import { type Tails, tailsOf } from '../../../../src/stats/latency/tails.ts';
import { blockOf } from '../../../support/judge-blocks.ts';
import { NO_TALLY } from '../../../support/simulated-traffic.ts';

/** All of the mass of the onset is there, and no cap hides anything. */
const BET: Bet = {
  cap: Number.POSITIVE_INFINITY,
  phi: 1,
  spent: 1,
  parity: 'left-out',
  parityCeiling: 10,
  past: 'learnt',
};
const NUMBERS = [3, 4, 9] as const;
const of = (value: number) => valueBucket(value) ?? -1;
const tails = (numbers: readonly number[]): Tails => {
  const counts: Record<number, number> = {};
  for (const number of numbers) counts[of(number)] = (counts[of(number)] ?? 0) + 1;
  return tailsOf(valueHistogram(counts));
};
const PAST = tailsOf(valueHistogram({ [of(3)]: 100, [of(4)]: 250, [of(9)]: 50, [of(20)]: 2 }));

/** Every block of two answers of the canary and three of the stable, with its chance. */
function blocksWith(canary: readonly number[], stable: readonly number[]) {
  const drawsOf = (chances: readonly number[], answers: number): { numbers: readonly number[]; chance: number }[] =>
    answers === 0
      ? [{ numbers: [], chance: 1 }]
      : drawsOf(chances, answers - 1).flatMap(({ numbers, chance }) =>
          NUMBERS.map((number, at) => ({ numbers: [...numbers, number], chance: chance * (chances[at] ?? 0) })),
        );
  return drawsOf(canary, 2).flatMap((ours) =>
    drawsOf(stable, 3).map((theirs) => ({
      counts: { canary: tails(ours.numbers), stable: tails(theirs.numbers) },
      chance: ours.chance * theirs.chance,
    })),
  );
}

function expectationOf(
  side: 'higher' | 'lower',
  chances: readonly number[],
  valueOfBlock: (past: Tails, counts: { canary: Tails; stable: Tails }) => number,
): number {
  const seen = side === 'higher' ? (seenTails: Tails) => seenTails : mirrored;
  return blocksWith(chances, chances).reduce(
    (sum, { counts, chance }) =>
      sum + chance * valueOfBlock(seen(PAST), { canary: seen(counts.canary), stable: seen(counts.stable) }),
    0,
  );
}

const SIDES = ['higher', 'lower'] as const;
const CHANCES = [
  [0.25, 0.6, 0.15],
  [0.9, 0.05, 0.05],
  [0.01, 0.01, 0.98],
  [0, 1, 0],
] as const;

describe('the mean of what equal versions bring is at most 1, over every block of five integers', () => {
  describe.each(SIDES)('where %s is worse', (side) => {
    it.each(CHANCES)('with chances of %d, %d and %d', (...chances) => {
      for (const level of [0.05, 0.5, 0.95]) {
        for (const rollback of [0, 5]) {
          const mean = expectationOf(side, chances, (past, counts) =>
            Math.exp(logQuantileHarm(stepQuantile(openQuantile(), past, level, { rollback, parity: 12 }, counts, BET))),
          );
          expect(mean).toBeLessThanOrEqual(1 + 1e-12);
        }
      }
      const whole = expectationOf(side, chances, (past, counts) =>
        Math.exp(logDominanceHarm(stepDominance(openDominance(), binsOf(past), 0, counts, BET))),
      );
      expect(whole).toBeLessThanOrEqual(1 + 1e-12);
    });
  });

  it('and no less than it for what is worse', () => {
    const worse = blocksWith([0.02, 0.03, 0.95], [0.25, 0.6, 0.15]).reduce((sum, { counts, chance }) => {
      const step = stepQuantile(openQuantile(), PAST, 0.5, { rollback: 5, parity: 12 }, counts, BET);
      return sum + chance * Math.exp(logQuantileHarm(step));
    }, 0);
    expect(worse).toBeGreaterThan(1.4);
  });
});

describe('the mean of what missing values bring is at most 1', () => {
  const { missing } = policySchema.shape.spec.shape.checks.parse({
    values: { tokens: { from: { header: 'x-tokens' }, worse: 'higher' } },
  }).values['tokens'] ?? { missing: null };

  const chanceOf = (n: number, x: number, share: number) => {
    let ways = 1;
    for (let at = 0; at < x; at += 1) ways = (ways * (n - at)) / (at + 1);
    return ways * share ** x * (1 - share) ** (n - x);
  };
  const tally = (asked: number, without: number) => ({
    ...NO_TALLY,
    requests: asked,
    values: { tokens: { asked, missing: without, unusable: 0, counts: { 768: asked - without } } },
  });

  it.each([0, 0.001, 0.05, 0.3, 0.9])(
    'where a share of %d of the stable lacks it and the canary is on the margin',
    (s) => {
      if (missing === null) throw new Error('the policy has no margins');
      const c = Math.min(1, (1 + missing.rollback.relative) * s + missing.rollback.absolute);
      let mean = 0;
      for (let xc = 0; xc <= 6; xc += 1) {
        for (let xs = 0; xs <= 9; xs += 1) {
          const compared = blockOf({ canary: tally(6, xc), stable: tally(9, xs) });
          const state = stepMissing(openMissing(missing), missing, 'tokens', { compared, settled: null }, BET);
          mean += chanceOf(6, xc, c) * chanceOf(9, xs, s) * Math.exp(logMissingHarm(state));
        }
      }
      expect(mean).toBeLessThanOrEqual(1 + 1e-9);
      // Beyond the whole there is no margin to stand on.
      if (c < 1) expect(mean).toBeGreaterThan(0.5);
    },
  );
});
