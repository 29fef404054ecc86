import { describe, expect, it } from 'vitest';
import { look, openJudgement } from '../../src/judge/judge.ts';
import type { Verdict } from '../../src/judge/verdict.ts';
import type { Block, Tally } from '../../src/stats/block.ts';
import { bucketOf } from '../../src/stats/latency/log-histogram.ts';
import { inputOf, weightStep } from '../support/judge-blocks.ts';
import { judgePolicy } from '../support/judge-policy.ts';
import { normal, poisson, type Random, seededRandom } from '../support/random.ts';
import { NO_TALLY } from '../support/simulated-traffic.ts';

const SEED = 20_260_281;
const BLOCK_MS = 5_000;
const policy = judgePolicy({ judge: { block: '5s', warmUp: '0s' } });

type Latency = (random: Random) => number;

/** Draws latencies as a clock of 1 ms sees them: rounded up. */
const ticking =
  (medianMs: number, sigma: number): Latency =>
  (random) =>
    Math.ceil(medianMs * Math.exp(sigma * normal(random)));
const constant =
  (ms: number): Latency =>
  () =>
    ms;

function tallyOf(random: Random, requests: number, latencyMs: Latency): Tally {
  const latency: Record<number, number> = {};
  for (let answer = 0; answer < requests; answer += 1) {
    const bucket = bucketOf(latencyMs(random));
    latency[bucket] = (latency[bucket] ?? 0) + 1;
  }
  return { ...NO_TALLY, requests, latency };
}

/** 100 requests/s, two minutes of the stable alone, then 10 % of the canary until a verdict or `blocks`. */
function run(seed: number, blocks: number, stable: Latency, canary: Latency): { verdict: Verdict; seconds: number } {
  const random = seededRandom(SEED + seed * 7_919);
  let state = openJudgement(policy);
  let seconds = 0;
  for (let at = -24; ; at += 1) {
    const weight = at < 0 ? 0 : 0.1;
    const block: Block = {
      startedAt: (at + 24) * BLOCK_MS,
      durationMs: BLOCK_MS,
      splitEpoch: at < 0 ? 1 : 2,
      canaryBps: weight * 10_000,
      stable: tallyOf(random, poisson(random, 500 * (1 - weight)), stable),
      canary: tallyOf(random, poisson(random, 500 * weight), canary),
      forced: { stable: NO_TALLY, canary: NO_TALLY },
      ruled: { stable: NO_TALLY, canary: NO_TALLY },
    };
    const step = weightStep({ splitEpoch: 2, appliedAt: 24 * BLOCK_MS });
    const { state: next, verdict } = look(policy, state, inputOf([block], { step }));
    state = next;
    if (at < 0) continue;
    seconds += BLOCK_MS / 1_000;
    const latency = verdict.findings.filter(({ check }) => /^p\d+$/.test(check));
    const shown = latency.every(({ logParity, logParityThreshold }) => (logParity ?? 0) >= (logParityThreshold ?? 0));
    if (verdict.name === 'harmful' || shown || at >= blocks) return { verdict, seconds };
  }
}

const SEEDS = [1, 2, 3, 4, 5];

describe('latencies that are measured in coarse steps', () => {
  it('are shown to be no slower by a clock of 1 ms with a median of 2 ms', () => {
    const runs = SEEDS.map((seed) => run(seed, 360, ticking(1.6, 0.6), ticking(1.6, 0.6)));
    expect(runs.map(({ verdict }) => verdict.name)).not.toContain('harmful');
    expect(Math.max(...runs.map(({ seconds }) => seconds))).toBeLessThan(1_800);
  });

  it('are shown to be no slower where all are alike', () => {
    const runs = SEEDS.map((seed) => run(seed, 360, constant(5), constant(5)));
    expect(runs.map(({ verdict }) => verdict.name)).not.toContain('harmful');
    expect(Math.max(...runs.map(({ seconds }) => seconds))).toBeLessThan(1_800);
  });

  it('are found to be slower where all grow by 1 ms', () => {
    const runs = SEEDS.map((seed) => run(seed, 360, constant(5), constant(6)));
    expect(runs.map(({ verdict }) => verdict.name)).toEqual(SEEDS.map(() => 'harmful'));
    expect(Math.max(...runs.map(({ seconds }) => seconds))).toBeLessThan(120);
  });
});
