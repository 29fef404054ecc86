import { describe, expect, it } from 'vitest';
import { look, openJudgement } from '../../src/judge/judge.ts';
import { logRateHarm, openRate, type RateMargins, stepRate } from '../../src/stats/rates/error-rate.ts';
import { inputOf, weightStep } from '../support/judge-blocks.ts';
import { judgePolicy } from '../support/judge-policy.ts';
import { binomial, poisson, seededRandom } from '../support/random.ts';
import { pooledZ } from '../support/reference-formulas.ts';
import { HEALTHY, simulateBlock } from '../support/simulated-traffic.ts';
import { runRollout } from '../support/virtual-rollout.ts';

const SEED = 20_260_110;
const PRIME = 7_919;

describe('false alarms', () => {
  it('a canary equal to the stable is never rolled back in 300 short rollouts', () => {
    const policy = judgePolicy({
      steps: [
        { weight: '10%', dwell: '20s' },
        { weight: '50%', dwell: '20s' },
      ],
      judge: { block: '5s', minStep: '20s', warmUp: '0s' },
    });
    let held = 0;
    for (let run = 0; run < 300; run += 1) {
      const drift = (ms: number) => 1 + 0.3 * Math.sin(ms / 20_000 + run);
      const outcome = runRollout(
        policy,
        seededRandom(SEED + run * PRIME),
        (ms) => {
          const behaviour = { ...HEALTHY, errors: 0.01 * drift(ms), medianMs: 20 * drift(ms) };
          return { requestsPerSecond: 30, stable: behaviour, canary: behaviour };
        },
        { internalMs: 20_000, longestStepMs: 60_000 },
      );
      expect(outcome.end, outcome.last.reason).not.toBe('harmful');
      if (outcome.highest >= Math.log(20)) held += 1;
    }
    expect(held).toBeLessThanOrEqual(15);
  });

  it.each([
    [0.001, 0.1, 2_000],
    [0.01, 0.1, 500],
    [0.01, 0.5, 200],
    [0.2, 0.1, 200],
  ])('a canary on the rollback boundary is held in at most 5 %: stable %d, weight %d', (stable, weight, requests) => {
    const margins: RateMargins = {
      rollback: { rho: 1.1, a: 1e-4 },
      parity: [
        { rho: 1.25, a: 0 },
        { rho: 1, a: 1e-3 },
      ],
    };
    const bet = { cap: 3.97, phi: 1, past: 'learnt', spent: 0.5, parity: 'left-out', parityCeiling: 6 } as const;
    const runs = 200;
    let held = 0;
    for (let run = 0; run < runs; run += 1) {
      const random = seededRandom(SEED + run * PRIME);
      let state = openRate(margins);
      let highest = 0;
      for (let block = 0; block < 150; block += 1) {
        const base = stable * (1 + 0.4 * Math.sin(block / 20));
        const nc = poisson(random, requests * weight);
        const ns = poisson(random, requests * (1 - weight));
        const counts = { nc, xc: binomial(random, nc, 1.1 * base + 1e-4), ns, xs: binomial(random, ns, base) };
        state = stepRate(state, margins, counts, 5_000, bet);
        highest = Math.max(highest, logRateHarm(state));
      }
      if (highest >= Math.log(20)) held += 1;
    }
    expect(held / runs).toBeLessThanOrEqual(0.05);
  });

  it('a split that moves while the base rate drifts fools pooled rates and not the judge', () => {
    const policy = judgePolicy({ judge: { block: '5s', warmUp: '0s' } });
    let pooledAlarms = 0;
    const runs = 60;
    for (let run = 0; run < runs; run += 1) {
      const random = seededRandom(SEED + run * PRIME);
      let state = openJudgement(policy);
      const sums = { nc: 0, xc: 0, ns: 0, xs: 0 };
      for (let block = 0; block < 60; block += 1) {
        const late = block >= 30;
        const behaviour = { ...HEALTHY, errors: late ? 0.06 : 0.01, medianMs: late ? 30 : 20 };
        const span = {
          startedAt: block * 5_000,
          durationMs: 5_000,
          splitEpoch: late ? 2 : 1,
          canaryBps: late ? 5_000 : 1_000,
          requestsPerSecond: 40,
        };
        const measured = simulateBlock(random, span, behaviour, behaviour);
        const step = weightStep({ index: late ? 1 : 0, splitEpoch: span.splitEpoch, appliedAt: span.startedAt });
        const result = look(policy, state, inputOf([measured], { step }));
        expect(result.verdict.name, result.verdict.reason).not.toBe('harmful');
        state = result.state;
        sums.nc += measured.canary?.requests ?? 0;
        sums.xc += measured.canary?.errors ?? 0;
        sums.ns += measured.stable?.requests ?? 0;
        sums.xs += measured.stable?.errors ?? 0;
      }
      if (pooledZ(sums.nc, sums.xc, sums.ns, sums.xs) > 3.09) pooledAlarms += 1;
    }
    expect(pooledAlarms).toBeGreaterThan(runs * 0.9);
  });
});
