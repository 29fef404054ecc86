import { describe, expect, it } from 'vitest';
import { look, openJudgement } from '../../src/judge/judge.ts';
import type { VerdictName } from '../../src/judge/verdict.ts';
import type { Policy } from '../../src/policy/schema.ts';
import type { SeriesPoint } from '../../src/stats/block.ts';
import { logSeriesHarm, logSeriesParity, stepSeries, UNSEEN_SERIES } from '../../src/stats/series/series.ts';
import type { SeriesTest } from '../../src/stats/series/series-test.ts';
import { blockOf, inputOf, weightStep } from '../support/judge-blocks.ts';
import { queryPolicy } from '../support/query-policy.ts';
import { normal, type Random, seededRandom } from '../support/random.ts';
import { NO_TALLY } from '../support/simulated-traffic.ts';

const SEED = 20_260_310;
const PRIME = 7_919;
const TEST: SeriesTest = {
  worse: 'lower',
  arms: 'same-size',
  rollback: { relative: 0.05, absolute: 0 },
  parity: { relative: 0.1, absolute: 0 },
};
const BET = { cap: 3.97, parity: 'counted', parityCeiling: Math.log(20) + 3 } as const;

const noisy = (random: Random) => 1 + 0.05 * normal(random);

/** The share of streams in which the log evidence came up to the threshold. */
function reached(
  runs: number,
  intervals: number,
  threshold: number,
  test: SeriesTest,
  pointAt: (random: Random) => { canary: number; stable: number },
  logOf: (state: typeof UNSEEN_SERIES) => number = logSeriesHarm,
): number {
  let found = 0;
  for (let run = 0; run < runs; run += 1) {
    const random = seededRandom(SEED + run * PRIME);
    let state = UNSEEN_SERIES;
    for (let at = 0; at < intervals; at += 1) {
      state = stepSeries(state, test, pointAt(random), BET);
      if (logOf(state) < Math.log(threshold)) continue;
      found += 1;
      break;
    }
  }
  return found / runs;
}

describe('the series test', () => {
  it.each(['higher', 'lower', 'both'] as const)('gives equal arms E >= 100 in at most 1 %, worse %s', (worse) => {
    const exact = { ...TEST, worse, rollback: { relative: 0, absolute: 0 } };
    const alike = (random: Random) => ({ canary: noisy(random), stable: noisy(random) });
    const share = reached(150, 240, 100, exact, alike);
    expect(share).toBeLessThanOrEqual(0.01 + 3 * Math.sqrt((0.01 * 0.99) / 150));
  });

  it.each([
    [0.1, 0.28],
    [0.15, 0.95],
    [0.25, 1],
  ])('finds a drop of %d within 17 intervals at alpha 0.01 in a share of %d', (drop, power) => {
    const share = reached(600, 17, 100, TEST, (random) => ({
      canary: (1 - drop) * noisy(random),
      stable: noisy(random),
    }));
    expect(Math.abs(share - power)).toBeLessThanOrEqual(0.005 + 3 * Math.sqrt((power * (1 - power)) / 600));
  });

  it('shows parity of a canary on the margin in at most 5 %', () => {
    const onMargin = (random: Random) => {
      const stable = noisy(random);
      return { canary: 0.9 * stable * (1 + 0.05 * normal(random)), stable };
    };
    const share = reached(300, 120, 20, TEST, onMargin, (state) => logSeriesParity(state, TEST) ?? 0);
    expect(share).toBeLessThanOrEqual(0.05 + 3 * Math.sqrt((0.05 * 0.95) / 300));
  });
});

const QUIET = blockOf({ stable: { ...NO_TALLY, requests: 90 }, canary: { ...NO_TALLY, requests: 10 } });

/** The last verdict after so many intervals in which only the query tells anything, and whether it ever held. */
function rollout(policy: Policy, intervals: number, pointAt: (random: Random) => SeriesPoint, run: number) {
  const random = seededRandom(SEED + run * PRIME);
  let state = openJudgement(policy);
  let name: VerdictName = 'undecided';
  let held = false;
  for (let at = 0; at < intervals && name !== 'harmful'; at += 1) {
    const block = { ...QUIET, startedAt: at * 1_000, series: { cpu: pointAt(random) } };
    const { verdict, state: next } = look(policy, state, inputOf([block], { step: weightStep() }));
    state = next;
    name = verdict.name;
    held ||= verdict.worst === 'query:cpu' && verdict.reason.includes('too often');
  }
  return { name, held };
}

describe('a rollout with a query check', () => {
  const alike = (random: Random): SeriesPoint => ({ canary: noisy(random), stable: noisy(random) });
  const EXACT = { rollback: { relative: '0%' } } as const;

  it('of equal versions is never rolled back, and held in at most 5 %, without any margin', () => {
    const policy = queryPolicy({ ...EXACT, action: 'rollback', weight: 0.5 });
    const holding = queryPolicy(EXACT);
    let held = 0;
    for (let run = 0; run < 24; run += 1) {
      expect(rollout(policy, 120, alike, run).name).not.toBe('harmful');
      if (rollout(holding, 120, alike, run).held) held += 1;
    }
    expect(held).toBeLessThanOrEqual(24 * 0.05 + 3 * Math.sqrt(24 * 0.05 * 0.95));
  });

  it('is rolled back, or held, where the canary takes a fifth more', () => {
    const worse = (random: Random): SeriesPoint => ({ canary: 1.2 * noisy(random), stable: noisy(random) });
    const policy = queryPolicy({ action: 'rollback', weight: 0.5 });
    for (let run = 0; run < 10; run += 1) {
      expect(rollout(policy, 60, worse, run).name).toBe('harmful');
      expect(rollout(queryPolicy({ comparable: false }), 60, worse, run).held).toBe(true);
    }
  });

  it('judges pods by their ranks', () => {
    const pods =
      (factor: number) =>
      (random: Random): SeriesPoint => ({
        stable: Array.from({ length: 8 }, () => noisy(random)),
        canary: factor * noisy(random),
      });
    const policy = queryPolicy({ ...EXACT, action: 'rollback', weight: 0.5 });
    for (let run = 0; run < 10; run += 1) {
      expect(rollout(policy, 120, pods(1), run).name).not.toBe('harmful');
      expect(rollout(policy, 120, pods(1.2), run).name).toBe('harmful');
    }
  });
});
