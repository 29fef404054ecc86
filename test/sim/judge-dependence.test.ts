import { describe, expect, it } from 'vitest';
import { look, openJudgement } from '../../src/judge/judge.ts';
import { type Block, GROUPS, type Tally } from '../../src/stats/block.ts';
import { inputOf, weightStep } from '../support/judge-blocks.ts';
import { judgePolicy } from '../support/judge-policy.ts';
import { binomial, poisson, type Random, seededRandom } from '../support/random.ts';
import { NO_TALLY } from '../support/simulated-traffic.ts';

const SEED = 20_260_181;
const PRIME = 7_919;
const policy = judgePolicy({ judge: { block: '5s', warmUp: '0s' } });
const WARM_BLOCKS = 130;

/** Errors that come in clumps of exponentially distributed size, each in one shadow group: a client that retries. */
function clumpedTally(random: Random, requests: number, rate: number, size: number): Tally {
  const errors = Array.from({ length: GROUPS }, () => 0);
  for (let clump = poisson(random, (requests * rate) / size); clump > 0; clump -= 1) {
    const group = Math.floor(random() * GROUPS);
    errors[group] = (errors[group] ?? 0) + Math.max(1, Math.round(-size * Math.log(1 - random())));
  }
  const all = Math.min(
    requests,
    errors.reduce((sum, count) => sum + count, 0),
  );
  const groups = { requests: errors.map(() => Math.round(requests / GROUPS)), errors };
  return { ...NO_TALLY, requests, errors: all, groups };
}

function run(seed: number, blocks: number, make: (random: Random, weight: number) => Pick<Block, 'stable' | 'canary'>) {
  const random = seededRandom(seed);
  let state = openJudgement(policy);
  let verdict = look(policy, state, inputOf([])).verdict;
  let highest = 0;
  for (let block = 0; block < WARM_BLOCKS + blocks && verdict.name !== 'harmful'; block += 1) {
    const judged = block >= WARM_BLOCKS;
    const measured: Block = {
      startedAt: block * 5_000,
      durationMs: 5_000,
      splitEpoch: judged ? 2 : 1,
      canaryBps: judged ? 1_000 : 0,
      forced: { stable: NO_TALLY, canary: NO_TALLY },
      ruled: { stable: NO_TALLY, canary: NO_TALLY },
      ...make(random, judged ? 0.1 : 0),
    };
    const step = judged ? weightStep({ splitEpoch: 2 }) : weightStep({ kind: 'internal' });
    ({ state, verdict } = look(policy, state, inputOf([measured], { step })));
    highest = Math.max(highest, verdict.logEvidence);
  }
  return { name: verdict.name, isHeld: highest >= Math.log(20) };
}

const clumped = (size: number) => (random: Random, weight: number) => ({
  stable: clumpedTally(random, poisson(random, 400 * (1 - weight)), 0.02, size),
  canary: weight === 0 ? NO_TALLY : clumpedTally(random, poisson(random, 400 * weight), 0.02, size),
});

describe('errors that come in clumps', () => {
  const heldOf = (make: Parameters<typeof run>[2]) => {
    const runs = Array.from({ length: 30 }, (_, index) => run(SEED + index * PRIME, 240, make));
    const harmful = runs.filter(({ name }) => name === 'harmful').length;
    return { harmful, held: runs.filter(({ isHeld }) => isHeld).length };
  };

  it('never roll back a canary that has as many as the stable, and hold it less than without shadow groups', () => {
    const withoutGroups = (random: Random, weight: number) => {
      const { stable, canary } = clumped(20)(random, weight);
      const bare = ({ requests, errors }: Tally): Tally => ({ ...NO_TALLY, requests, errors });
      return { stable: bare(stable), canary: bare(canary) };
    };
    const known = heldOf(clumped(20));
    const unknown = heldOf(withoutGroups);
    expect(known).toEqual({ harmful: 0, held: 0 });
    expect(heldOf(clumped(5))).toEqual({ harmful: 0, held: 0 });
    expect(unknown.held).toBeGreaterThan(known.held);
  });

  it('do not keep a canary that fails ten times as often', () => {
    for (let index = 0; index < 6; index += 1) {
      const { name } = run(SEED + index * PRIME, 240, (random, weight) => ({
        stable: clumpedTally(random, poisson(random, 400 * (1 - weight)), 0.02, 5),
        canary: weight === 0 ? NO_TALLY : clumpedTally(random, poisson(random, 400 * weight), 0.2, 5),
      }));
      expect(name).toBe('harmful');
    }
  });
});

describe('a common outage', () => {
  it('promotes nobody and blames nobody in 30 rollouts', () => {
    for (let index = 0; index < 30; index += 1) {
      const random = seededRandom(SEED + index * PRIME);
      let state = openJudgement(policy);
      const names = new Set<string>();
      for (let block = 0; block < 140; block += 1) {
        const rate = block >= 80 && block < 104 ? 0.3 : 0.004;
        const tally = (requests: number): Tally => ({
          ...NO_TALLY,
          requests,
          errors: binomial(random, requests, rate),
        });
        const measured: Block = {
          startedAt: block * 5_000,
          durationMs: 5_000,
          splitEpoch: 1,
          canaryBps: 1_000,
          stable: tally(poisson(random, 450)),
          canary: tally(poisson(random, 50)),
          forced: { stable: NO_TALLY, canary: NO_TALLY },
          ruled: { stable: NO_TALLY, canary: NO_TALLY },
        };
        const result = look(policy, state, inputOf([measured]));
        state = result.state;
        if (block >= 86 && block < 104) expect(result.verdict.name).toBe('shared-fault');
        names.add(result.verdict.name);
      }
      expect(names).not.toContain('harmful');
      expect(names).not.toContain('at-parity');
      expect(state.fault.alarm).toBeNull();
    }
  });
});
