import { describe, expect, it } from 'vitest';
import { type LookInput, look, openJudgement } from '../../../src/judge/judge.ts';
import type { Verdict } from '../../../src/judge/verdict.ts';
import type { PolicyDocument } from '../../../src/policy/schema.ts';
import { blockOf, inputOf, lookRepeatedly } from '../../support/judge-blocks.ts';
import { judgePolicy, ROUND_WEIGHTS } from '../../support/judge-policy.ts';
import { classicTally } from '../../support/prometheus-tallies.ts';

const BRISK: Partial<PolicyDocument['spec']> = {
  checks: {
    errors: { parity: { relative: '25%', absolute: '1pp' } },
    latency: { classic: { parity: { relative: '60%', absolute: '2pp' } } },
  },
  judge: { weights: ROUND_WEIGHTS, block: '1s', minStep: '3s', warmUp: '0s' },
};
const policy = judgePolicy(BRISK);
const healthy = (startedAt: number) =>
  blockOf({ startedAt, stable: classicTally(900, { errors: 2 }), canary: classicTally(100) });
const after = (count: number, parts: Partial<LookInput> = {}, judged = policy) =>
  lookRepeatedly(judged, openJudgement(judged), { from: 0, count }, healthy, parts);
const slowerNames = ({ findings }: Verdict) =>
  findings.map(({ check }) => check).filter((check) => check.startsWith('slower:'));

describe('a rollout that is measured in classic buckets', () => {
  it('compares the shares at every boundary that 0.1 % to 40 % of the past exceed', () => {
    const { verdict } = after(4);
    // A median of 20 ms: half of the answers are above 20, a third above 25, and hardly any above 250.
    expect(slowerNames(verdict)).toEqual(['slower:25', 'slower:50', 'slower:100']);
    const finding = verdict.findings.find(({ check }) => check === 'slower:50');
    expect(finding).toMatchObject({
      unit: 'share',
      quantile: null,
      requests: { canary: 400, stable: 3_592 },
      rollbackMargin: '15 % + 0.2 pp',
      parityMargin: '60 % or 2 pp',
    });
    expect(finding?.canary).toBeCloseTo(finding?.stable ?? 0, 1);
    expect(finding?.bounds.canary?.low).toBeLessThan(finding?.canary ?? 0);
    expect(finding?.needsCanaryRequests).toBeGreaterThan(0);
  });

  it('compares nothing with a canary that answers 4xx alone, however its requests were drawn', () => {
    const quiet = (startedAt: number) => {
      const canaryBps = startedAt < 400_000 ? 0 : 1_000;
      const canary = classicTally(0);
      return blockOf({
        startedAt,
        canaryBps,
        assignment: 'per-request',
        stable: classicTally(4),
        canary: canaryBps === 0 ? canary : { ...canary, requests: 1, clientErrors: 1 },
      });
    };
    const { verdict } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 600 }, quiet);
    const slower = verdict.findings.filter(({ check }) => check.startsWith('slower:'));
    expect(slower.length).toBeGreaterThan(0);
    for (const { logHarm } of slower) expect(logHarm).toBe(0);
  });

  it('is at parity when each of them has shown it, and not before', () => {
    const { verdict } = after(60);
    expect(verdict.name).toBe('at-parity');
    expect(verdict.reason).toContain('answers slower than 25 ms within 60 % or 2 pp, answers slower than 50 ms');
    for (const { check, logParity, logParityThreshold } of verdict.findings) {
      if (check.startsWith('slower:')) expect(logParity).toBeGreaterThanOrEqual(logParityThreshold ?? Number.NaN);
    }
    expect(after(3).verdict).toMatchObject({ name: 'undecided' });
  });

  it('is rolled back by the boundary that shows the harm', () => {
    const slow = (startedAt: number) => ({ ...healthy(startedAt), canary: classicTally(100, { medianMs: 45 }) });
    const { verdict } = lookRepeatedly(policy, after(5).state, { from: 5_000, count: 20 }, slow);
    expect(verdict.name).toBe('harmful');
    expect(verdict.reason).toMatch(
      /^canary (worse in .* together: canary )?answers slower than \d+ ms \d+(\.\d)? % against \d+(\.\d)? % \(margin 15 % \+ 0\.2 pp\)/,
    );
  });

  it('shares the part of the latency checks among all boundaries, whether they take part or not', () => {
    const { verdict } = after(4);
    const weights = verdict.findings.filter(({ check }) => check.startsWith('slower:')).map((one) => one.budgetWeight);
    for (const weight of weights) expect(weight).toBeCloseTo(0.6 / 6, 12);
    expect(verdict.findings.reduce((sum, { budgetWeight }) => sum + budgetWeight, 0)).toBeCloseTo(0.4 + 0.3, 12);
  });

  it('tells quantiles between the boundaries, marked as such, and judges none', () => {
    const p50 = after(4).verdict.findings.find(({ check }) => check === 'p50');
    expect(p50).toMatchObject({ figures: 'interpolated', logParity: null, budgetWeight: 0, bounds: { stable: null } });
    expect(p50?.stable).toBeGreaterThan(10);
    expect(p50?.stable).toBeLessThan(25);
    expect(p50?.says).toMatch(/^p50: about 20\.6 ms against about 20\.6 ms, between the boundaries of a histogram/);
  });

  it('goes on where a person skips a boundary', () => {
    const { verdict } = after(4, { skippedChecks: ['slower:25'] });
    expect(slowerNames(verdict)).toEqual(['slower:50', 'slower:100']);
  });

  it('learns the stable in the warm-up and compares nothing', () => {
    const warm = judgePolicy({ ...BRISK, judge: { ...BRISK.judge, warmUp: '10s' } });
    const { verdict, state } = after(5, {}, warm);
    expect(verdict.findings.find(({ check }) => check === 'slower:25')?.says).toBe(
      'slower than 25 ms: not judged while the canary warms up, 5 s are left',
    );
    expect(state.checks.latency.slower.map(({ rate }) => rate.relative)).toEqual(Array(6).fill([0, 0, 0]));
    expect(state.checks.latency.slower[0]?.rate.stable.requests).toBeGreaterThan(4_000);
  });

  it('has the dispersion of latencies at the boundary nearest to the median', () => {
    const { state } = after(10);
    expect(state.checks.latency.batches[0]?.filling).toMatchObject({ ms: 9_000, nc: 900 });
  });
});

describe('boundaries that compare nothing', () => {
  const fast = (startedAt: number) =>
    blockOf({ startedAt, stable: classicTally(900, { medianMs: 0.3 }), canary: classicTally(100, { medianMs: 0.3 }) });

  it('are never parity: one says what is missing', () => {
    const { verdict } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 60 }, fast);
    expect(verdict).toMatchObject({ name: 'undecided', worst: 'slower:5' });
    expect(verdict.reason).toMatch(
      /^slower than 5 ms: .* of the stable's answers are, and a boundary that 0\.1 % to 40 % exceed is what can be compared$/,
    );
  });

  it('wait for a past first', () => {
    const few = (startedAt: number) => blockOf({ startedAt, stable: classicTally(30), canary: classicTally(30) });
    const { verdict } = look(policy, openJudgement(policy), inputOf([few(0)]));
    expect(verdict.findings.find(({ check }) => check === 'slower:5')?.says).toBe(
      'slower than 5 ms: waits for about 170 more answers of the stable',
    );
  });
});

describe('a latency guard', () => {
  const guarded = (limit: string) =>
    judgePolicy({ ...BRISK, guards: { p50: limit }, judge: { ...BRISK.judge, minBlocks: 1 } });

  it('counts above the first boundary that is not below its limit', () => {
    const judged = guarded('40ms');
    const slow = (stableMs: number, canaryBps: number) => (startedAt: number) =>
      blockOf({
        startedAt,
        canaryBps,
        stable: classicTally(900, { medianMs: stableMs }),
        canary: classicTally(100, { medianMs: 90 }),
      });
    const guard = (make: ReturnType<typeof slow>) => {
      const { verdict } = lookRepeatedly(judged, openJudgement(judged), { from: 0, count: 30 }, make);
      return verdict.findings.find(({ check }) => check === 'guard:p50')?.logHarm ?? 0;
    };
    expect(guard(slow(20, 1_000))).toBeGreaterThan(10);
    expect(guard(slow(90, 10_000))).toBeGreaterThan(10);
    // Both are as slow: the stable beside it says that it is not the canary.
    expect(guard(slow(90, 1_000))).toBeLessThan(0.1);
  });

  it('says so where there is none', () => {
    const judged = guarded('300ms');
    const { verdict } = after(5, {}, judged);
    expect(verdict.findings.find(({ check }) => check === 'guard:p50')?.says).toBe(
      'guard p50: the histogram has no boundary at 300 ms or above, so that it sees nothing',
    );
  });
});
