import { describe, expect, it } from 'vitest';
import { whereWorse } from '../../src/judge/where.ts';
import { MOST_SLICES } from '../../src/stats/slice.ts';
import { seededRandom } from '../support/random.ts';
import { equalEndpoints, sliceBlocks, suspicionOf } from '../support/slice-traffic.ts';

const margin = { rho: 1.1, a: 1e-4 };
const RUNS = 100;

/** What is named in each of many streams. */
function named(streamOf: (seed: number) => ReturnType<typeof sliceBlocks>, suspicion = suspicionOf('errors')) {
  return Array.from({ length: RUNS }, (_, run) => {
    const found = whereWorse(suspicion, {
      blocks: streamOf(1_000 + run * 7_919),
      marginOf: () => margin,
      address: null,
      since: 0,
    });
    return { slices: found?.slices.map(({ name }) => name) ?? [], worse: found?.worse ?? 0 };
  });
}

describe('the slices of two versions that are equal', () => {
  it.each([
    ['errors', suspicionOf('errors'), 'error', 0.01],
    ['slow answers', suspicionOf('p95', 'p95'), 'slow', 0.05],
  ] as const)('are named for their %s in no more than one run in twenty', (_, suspicion, event, share) => {
    const all = equalEndpoints(MOST_SLICES, { canary: 4, stable: 16 }, share);
    const runs = named((seed) => sliceBlocks(seededRandom(seed), all, 60, event), suspicion);
    expect(runs.filter(({ worse }) => worse > 0).length).toBeLessThanOrEqual(0.05 * RUNS);
  });
});

describe('a fault in one endpoint of 50', () => {
  it('is named, and no other, in 95 % of runs', () => {
    const all = equalEndpoints(50, { canary: 4, stable: 36 }).map((slice, at) =>
      at === 17 ? { ...slice, share: { canary: 0.4, stable: 0.002 } } : slice,
    );
    const runs = named((seed) => sliceBlocks(seededRandom(seed), all, 12));
    const right = runs.filter(({ slices }) => slices.length === 1 && slices[0] === 'GET /e17');
    expect(right.length).toBeGreaterThanOrEqual(0.95 * RUNS);
  });

  it('is named when it begins in the middle of a long calm', () => {
    const calm = equalEndpoints(50, { canary: 4, stable: 36 });
    const faulty = calm.map((slice, at) => (at === 17 ? { ...slice, share: { canary: 0.5, stable: 0.002 } } : slice));
    const runs = named((seed) => {
      const random = seededRandom(seed);
      const before = sliceBlocks(random, calm, 100);
      const after = sliceBlocks(random, faulty, 14).map((block) => ({
        ...block,
        startedAt: block.startedAt + 500_000,
      }));
      return [...before, ...after];
    });
    expect(runs.filter(({ slices }) => slices.join() === 'GET /e17').length).toBeGreaterThanOrEqual(0.95 * RUNS);
  });
});
