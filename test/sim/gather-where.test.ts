import { describe, expect, it } from 'vitest';
import { gather } from '../../src/controller/gather.ts';
import { noEvidence } from '../../src/rollout/evidence.ts';
import type { SliceBlock } from '../../src/stats/slice.ts';
import { seededRandom } from '../support/random.ts';
import { rolloutIn, T0 } from '../support/rollouts.ts';
import { HEALTHY, simulateBlock } from '../support/simulated-traffic.ts';
import { equalEndpoints, sliceBlocks } from '../support/slice-traffic.ts';

const rollout = rolloutIn('step-1');
const BLOCK_MS = 5_000;
const BLOCKS = 12;

/** One look at a minute of traffic, with the slices that the source holds. */
function lookAt(canaryErrors: number, slices: () => readonly SliceBlock[]) {
  const random = seededRandom(11);
  const evidence = { ...noEvidence(rollout.policy, T0), appliedAt: T0 };
  const blocks = Array.from({ length: BLOCKS }, (_, at) => {
    const span = { startedAt: T0 + at * BLOCK_MS, durationMs: BLOCK_MS, requestsPerSecond: 200 };
    const split = { splitEpoch: rollout.splitEpoch, canaryBps: rollout.canaryBps };
    return simulateBlock(random, { ...span, ...split }, HEALTHY, { ...HEALTHY, errors: canaryErrors });
  });
  const source = {
    name: 'simulated',
    collect: async () => ({ kind: 'blocks' as const, blocks, cursor: 'end' }),
    slices: async () => slices(),
  };
  const router = {
    apply: async () => undefined,
    observe: async () => ({ epoch: rollout.splitEpoch, since: T0, basis: 'seen' as const }),
  };
  const at = T0 + BLOCKS * BLOCK_MS;
  return gather(
    { source, router, tickMs: 5_000 },
    { rollout, evidence },
    { at, stepMs: 0 },
    new AbortController().signal,
  );
}

const faulty = equalEndpoints(6, { canary: 15, stable: 150 }).map((slice, at) =>
  at === 2 ? { ...slice, name: 'POST /pay', share: { canary: 0.6, stable: 0.002 } } : slice,
);

function heldBlocks(splitEpoch: number): readonly SliceBlock[] {
  return sliceBlocks(seededRandom(12), faulty, BLOCKS).map((block) => ({
    ...block,
    splitEpoch,
    startedAt: T0 + block.startedAt,
  }));
}

describe('a look that finds harm', () => {
  it('says where, in the verdict and its reason, and leaves the state of the judge without it', async () => {
    const { verdict, judge } = await lookAt(0.1, () => heldBlocks(rollout.splitEpoch));
    expect(verdict?.name).toBe('harmful');
    expect(verdict?.where?.slices.map(({ name }) => name)).toEqual(['POST /pay']);
    expect(verdict?.reason).toMatch(/odds of a false alarm < 1 in 1,000; worst: POST \/pay \d/);
    expect(JSON.stringify(judge)).not.toContain('POST /pay');
  });

  it('says nothing of the slices of an older canary', async () => {
    const { verdict } = await lookAt(0.1, () => heldBlocks(rollout.firstEpoch - 1));
    expect(verdict?.name).toBe('harmful');
    expect(verdict).not.toHaveProperty('where');
  });

  it('is the only one that asks for slices', async () => {
    const { verdict } = await lookAt(HEALTHY.errors, () => expect.fail('nobody needs to know'));
    expect(['undecided', 'at-parity']).toContain(verdict?.name);
  });
});
