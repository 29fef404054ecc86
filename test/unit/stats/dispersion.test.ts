import { describe, expect, it } from 'vitest';
import { GROUPS, type GroupCounts } from '../../../src/stats/block.ts';
import { batchPhi, NO_BATCHES, stepBatches } from '../../../src/stats/evidence/batches.ts';
import { groupPhi, NO_DISPERSION, stepGroups } from '../../../src/stats/rates/dispersion.ts';
import { binomial, normal, poisson, seededRandom } from '../../support/random.ts';

const SEED = 20_260_141;
const PRIME = 7_919;

/** Errors of an hour in blocks of 5 s, drawn group by group. */
function phiOf(seed: number, errorsOf: (random: () => number, group: number, requests: number) => number, users = 20) {
  const random = seededRandom(seed);
  let state = NO_DISPERSION;
  for (let block = 0; block < 720; block += 1) {
    const requests = Array.from({ length: GROUPS }, () => poisson(random, users));
    const errors = requests.map((count, group) => errorsOf(random, group, count));
    state = stepGroups(state, { requests, errors }, 5_000);
  }
  return groupPhi(state, 2);
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const seeds = (count: number) => Array.from({ length: count }, (_, run) => SEED + run * PRIME);

describe('dispersion by shadow groups', () => {
  it('is what was assumed until there are ten minutes of history', () => {
    const none: GroupCounts = { requests: NO_DISPERSION.requests, errors: NO_DISPERSION.errors };
    expect(groupPhi(NO_DISPERSION, 2)).toBe(2);
    expect(groupPhi(stepGroups(NO_DISPERSION, none, 599_999), 2)).toBe(2);
    expect(groupPhi(stepGroups(NO_DISPERSION, none, 600_000), 2)).toBe(1);
  });

  it('of independent errors stays at 1', () => {
    const clean = seeds(20).map((seed) => phiOf(seed, (random, _, n) => binomial(random, n, 0.01)));
    expect(mean(clean)).toBeLessThan(1.1);
    expect(Math.max(...clean)).toBeLessThan(1.3);
  });

  it('of clumps of five within a block is five', () => {
    const clumps = seeds(10).map((seed) => phiOf(seed, (random) => 5 * poisson(random, 0.1)));
    expect(mean(clumps)).toBeGreaterThan(4.5);
    expect(mean(clumps)).toBeLessThan(5.6);
  });

  it('of people who always fail grows with the time they are watched', () => {
    // Whose requests fail is fixed: group 3 has a bad client for the whole hour.
    const sticky = phiOf(SEED, (random, group, n) => (group === 3 ? 2 : binomial(random, n, 0.002)));
    expect(sticky).toBeGreaterThan(20);
  });

  it('is not taken for groups that merely differ in traffic', () => {
    const random = seededRandom(SEED);
    let state = NO_DISPERSION;
    for (let block = 0; block < 720; block += 1) {
      const requests = Array.from({ length: GROUPS }, (_, group) => poisson(random, 5 * (group + 1)));
      state = stepGroups(state, { requests, errors: requests.map((n) => binomial(random, n, 0.02)) }, 5_000);
    }
    expect(groupPhi(state, 2)).toBeLessThan(1.2);
  });
});

describe('dispersion of latencies by batches', () => {
  /** `minutes` of blocks of 5 s with 50 against 450 answers; `shareAt` is the canary's share above the median. */
  function latencyPhi(seed: number, minutes: number, shareAt: (minute: number, random: () => number) => number) {
    const random = seededRandom(seed);
    let scales = NO_BATCHES;
    for (let minute = 0; minute < minutes; minute += 1) {
      const share = shareAt(minute, random);
      for (let block = 0; block < 12; block += 1) {
        const counts = { nc: 50, xc: binomial(random, 50, share), ns: 450, xs: binomial(random, 450, 0.5) };
        scales = stepBatches(scales, counts, 5_000, 'same-split');
      }
    }
    return batchPhi(scales);
  }

  it('is 1 before eight batches, and mostly inside the dead-band for equal versions', () => {
    expect(latencyPhi(SEED, 7, () => 0.9)).toBe(1);
    const clean = seeds(40).map((seed) => latencyPhi(seed, 60, () => 0.5));
    expect(clean.filter((phi) => phi === 1).length).toBeGreaterThan(20);
    expect(Math.max(...clean)).toBeLessThan(5);
  });

  it('does not take a constant regression for noise', () => {
    const slower = seeds(40).map((seed) => latencyPhi(seed, 60, () => 0.6));
    expect(slower.filter((phi) => phi === 1).length).toBeGreaterThan(20);
    expect(Math.max(...slower)).toBeLessThan(5);
  });

  it('sees noise of one version that lasts a minute', () => {
    const noisy = seeds(20).map((seed) => latencyPhi(seed, 60, (_, random) => 0.5 + 0.1 * normal(random)));
    expect(Math.min(...noisy)).toBeGreaterThan(3);
  });

  it('drops a batch that would span two splits', () => {
    const counts = { nc: 50, xc: 25, ns: 450, xs: 225 };
    let scales = stepBatches(NO_BATCHES, counts, 55_000, 'same-split');
    scales = stepBatches(scales, counts, 5_000, 'split-changed');
    expect(scales[0]).toMatchObject({ scores: [], filling: { ms: 5_000, nc: 50 } });
  });
});
