import { describe, expect, it } from 'vitest';
import type { Policy } from '../../src/policy/schema.ts';
import { briskPolicy } from '../support/judge-policy.ts';
import { seededRandom } from '../support/random.ts';
import { type Behaviour, HEALTHY } from '../support/simulated-traffic.ts';
import { type Outcome, runRollout } from '../support/virtual-rollout.ts';

const policy = briskPolicy();
const LIMITS = { internalMs: 5_000, longestStepMs: 180_000 };

describe('at 600 requests a second, with blocks of a second', () => {
  it('a healthy canary is promoted, each step sooner than the one before', () => {
    const outcomes = run(24, () => HEALTHY);
    expect(outcomes.map(({ end }) => end)).toEqual(outcomes.map(() => 'promoted'));
    const medians = [0, 1, 2].map((step) => median(outcomes.map(({ stepMs }) => stepMs[step] ?? 0)));
    expect(medians[0]).toBeLessThanOrEqual(25_000);
    expect(medians[1]).toBeLessThanOrEqual(15_000);
    expect(medians[2]).toBeLessThanOrEqual(10_000);
  });

  it.each<[string, Partial<Behaviour>, number]>([
    ['failing and slow', { errors: 0.05, medianMs: 40 }, 4_000],
    ['failing', { errors: 0.05 }, 8_000],
    ['slow', { medianMs: 30 }, 8_000],
  ])('a canary that is %s is rolled back in the first step', (_, regression, latestMs) => {
    const outcomes = run(24, () => ({ ...HEALTHY, ...regression }));
    expect(outcomes.map(({ end }) => end)).toEqual(outcomes.map(() => 'harmful'));
    for (const { stepMs } of outcomes) {
      expect(stepMs).toHaveLength(1);
      expect(stepMs[0]).toBeLessThanOrEqual(latestMs);
    }
  });

  it('a canary that turns bad later is rolled back within seconds of it, and not before', () => {
    const outcomes = run(12, (ms) => (ms < 12_000 ? HEALTHY : { ...HEALTHY, errors: 0.1 }));
    for (const outcome of outcomes) {
      expect(outcome.end).toBe('harmful');
      const total = outcome.stepMs.reduce((sum, ms) => sum + ms, LIMITS.internalMs + 1_000);
      expect(total).toBeGreaterThan(12_000);
      expect(total).toBeLessThanOrEqual(24_000);
    }
  });
});

function run(count: number, canaryAt: (ms: number) => Behaviour): readonly Outcome[] {
  return runBoth(policy, count, () => HEALTHY, canaryAt);
}

function runBoth(
  judged: Policy,
  count: number,
  stableAt: (ms: number) => Behaviour,
  canaryAt: (ms: number) => Behaviour,
): readonly Outcome[] {
  return Array.from({ length: count }, (_, index) =>
    runRollout(
      judged,
      seededRandom(20_260_120 + index * 7_919),
      (ms) => ({ requestsPerSecond: 600, stable: stableAt(ms), canary: canaryAt(ms) }),
      LIMITS,
    ),
  );
}

describe('a hiccup of the machine that slows both versions down for two seconds', () => {
  const hiccup = (ms: number) => (ms >= 4_000 && ms < 6_000 ? { ...HEALTHY, medianMs: 160 } : HEALTHY);

  it('rolls nobody back, and delays parity by as long as the judge remembers it', () => {
    const long = runBoth(briskPolicy('5m'), 12, hiccup, hiccup);
    const short = runBoth(briskPolicy('5s'), 12, hiccup, hiccup);
    expect([...long, ...short].filter(({ end }) => end === 'harmful')).toEqual([]);
    expect(short.map(({ end }) => end)).toEqual(short.map(() => 'promoted'));
    const first = (outcomes: readonly Outcome[]) => median(outcomes.map(({ stepMs }) => stepMs[0] ?? 0));
    expect(first(short)).toBeLessThanOrEqual(45_000);
    expect(first(long)).toBeGreaterThan(2 * first(short));
  });
});

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}
