import { describe, expect, it } from 'vitest';
import { look, openJudgement } from '../../../src/judge/judge.ts';
import type { Block } from '../../../src/stats/block.ts';
import { blockOf, inputOf, lookRepeatedly, tallyOf, weightStep } from '../../support/judge-blocks.ts';
import { judgePolicy, ROUND_WEIGHTS } from '../../support/judge-policy.ts';
import { NO_TALLY } from '../../support/simulated-traffic.ts';

const policy = judgePolicy({
  guards: { errors: '2%', p99: '800ms' },
  judge: { weights: ROUND_WEIGHTS, block: '1s', minStep: '3s', warmUp: '0s' },
});
const bake = { step: weightStep({ kind: 'bake', index: 3, position: 'last', splitEpoch: 9 }) };
const ALL_BUT_GUARDS = ['errors', 'unanswered', 'clientErrors', 'p50', 'p95', 'p99', 'dominance'];
const listed = { step: weightStep({ kind: 'consumers', index: 1, splitEpoch: 9 }) };

const baking =
  (canary = tallyOf(1_000, { errors: 2 })) =>
  (startedAt: number) =>
    blockOf({ startedAt, splitEpoch: 9, canaryBps: 10_000, canary, stable: NO_TALLY });
const ruling =
  (canary = tallyOf(50)) =>
  (startedAt: number) =>
    blockOf({ startedAt, splitEpoch: 9, canaryBps: 0, canary: NO_TALLY, ruled: { stable: NO_TALLY, canary } });

describe('in bake', () => {
  it('there is nothing to compare, and guards hold', () => {
    const { state } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 20 }, (startedAt) =>
      blockOf({ startedAt }),
    );
    const { state: after, verdict } = lookRepeatedly(policy, state, { from: 20_000, count: 300 }, baking(), bake);
    expect(verdict).toMatchObject({
      name: 'undecided',
      reason: 'the canary serves everybody: nothing to compare, guards hold',
    });
    expect(verdict.findings.map(({ check }) => check)).toEqual(['guard:errors', 'guard:p99']);
    expect(after.checks.errors.harm).toEqual(state.checks.errors.harm);
    expect(after.checks.latency.p99.harm).toEqual(state.checks.latency.p99.harm);
  });

  it('a broken guard on errors rolls back', () => {
    const broken = baking(tallyOf(1_000, { errors: 80 }));
    const { verdict } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 5 }, broken, bake);
    expect(verdict).toMatchObject({ name: 'harmful', worst: 'guard:errors' });
    expect(verdict.reason).toMatch(
      /^canary breaks the guard errors \(2 %\): 8 % of requests failed, [\d,]+ requests in \d s; odds/,
    );
  });

  it('a broken guard on errors is that of many keys: one that fails by either version is left out, and said', () => {
    const withWorst = (errors: number, worst: { requests: number; errors: number }) => (startedAt: number) => ({
      ...baking(tallyOf(1_000, { errors }))(startedAt),
      worstUnit: worst,
    });
    const judged = (make: (startedAt: number) => Block) =>
      lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 60 }, make, bake).verdict;
    const one = judged(withWorst(80, { requests: 79, errors: 79 }));
    expect([one.name, one.logEvidence <= 0]).toEqual(['undecided', true]);
    expect(one.findings.find(({ check }) => check === 'guard:errors')?.says).toBe(
      'guard errors (2 %): 8 % of requests failed, 0.11 % without the key that fails most, which does not count',
    );
    const many = judged(withWorst(80, { requests: 10, errors: 5 }));
    expect(many).toMatchObject({ name: 'harmful', worst: 'guard:errors' });
    expect(many.reason).not.toMatch('without the key');
  });

  it('a count of the worst key that cannot be is no evidence', () => {
    const worstUnit = { requests: 1, errors: 2 };
    const { verdict } = look(policy, openJudgement(policy), inputOf([{ ...baking()(0), worstUnit }], bake));
    expect([verdict.name, verdict.reason]).toEqual(['blind', expect.stringMatching(/worstUnit is .*, not requests/)]);
  });

  it('a broken guard on latency rolls back', () => {
    const slow = baking(tallyOf(1_000, { medianMs: 400 }));
    const { verdict } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 8 }, slow, bake);
    expect(verdict).toMatchObject({ name: 'harmful', worst: 'guard:p99' });
    expect(verdict.reason).toMatch(/guard p99 \(800 ms\): \d+(\.\d)? % of answers are slower, at most 1 % tolerated/);
  });

  it('a canary that reports nothing is blind', () => {
    const silent = blockOf({ splitEpoch: 9, canaryBps: 10_000, canary: null, stable: null });
    expect(look(policy, openJudgement(policy), inputOf([silent], bake)).verdict.name).toBe('blind');
  });
});

describe('in a consumer step', () => {
  it('guards watch the listed consumers, and a person ends the step', () => {
    const { state, verdict } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 60 }, ruling(), listed);
    expect(verdict.name).toBe('undecided');
    expect(verdict.reason).toMatch(/a person ends this step$/);
    expect(state.step.canary.requests).toBe(3_000);
    const broken = ruling(tallyOf(50, { errors: 20 }));
    expect(lookRepeatedly(policy, state, { from: 60_000, count: 9 }, broken, listed).verdict).toMatchObject({
      name: 'harmful',
      worst: 'guard:errors',
    });
  });
});

describe('in the internal phase', () => {
  it('nothing is guarded, and the stable is learnt', () => {
    const step = weightStep({ kind: 'internal', splitEpoch: 9 });
    const broken = ruling(tallyOf(50, { errors: 50 }));
    const { state, verdict } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 20 }, broken, { step });
    expect(verdict.reason).toBe('only forced requests reach the canary: nothing is compared yet');
    expect(state.warmUp.since).toBeNull();
    expect(state.checks.errors.stable.requests).toBeGreaterThan(17_000);
  });
});

describe('the budget of the guards', () => {
  it('is shared equally', () => {
    const { verdict } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 2 }, baking(), bake);
    expect(verdict.findings.map(({ budgetWeight }) => budgetWeight)).toEqual([0.05, 0.05]);
  });

  it('a guard can be skipped', () => {
    const broken = baking(tallyOf(1_000, { errors: 80 }));
    const { verdict } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 9 }, broken, {
      ...bake,
      skippedChecks: ['guard:errors'],
    });
    expect(verdict.name).toBe('undecided');
  });
});

describe('in a step', () => {
  const both = (canary: number, stable: number) => (startedAt: number) =>
    blockOf({
      startedAt,
      stable: tallyOf(900, { errors: Math.round(900 * stable) }),
      canary: tallyOf(100, { errors: Math.round(100 * canary) }),
    });
  const slow = (canaryMs: number, stableMs: number) => (startedAt: number) =>
    blockOf({ startedAt, stable: tallyOf(900, { medianMs: stableMs }), canary: tallyOf(100, { medianMs: canaryMs }) });
  const guard = (name: string, make: (startedAt: number) => Block, from = openJudgement(policy)) => {
    const { verdict } = lookRepeatedly(policy, from, { from: 400_000, count: 60 }, make, {
      skippedChecks: ALL_BUT_GUARDS,
    });
    return { verdict, finding: verdict.findings.find(({ check }) => check === name) };
  };
  const healthy = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 400 }, both(0, 0.002)).state;

  it('blames nobody while both fail beyond the limit, whether they used to or not', () => {
    for (const from of [openJudgement(policy), healthy]) {
      for (const share of [0.08, 0.3]) {
        const { verdict, finding } = guard('guard:errors', both(share, share), from);
        expect(verdict.name).not.toBe('harmful');
        expect(finding?.logHarm).toBeLessThan(0.1);
      }
      expect(guard('guard:p99', slow(400, 400), from).finding?.logHarm).toBeLessThan(0.1);
    }
  });

  it('rolls back a canary that fails beyond it alone, and one that fails far more than a failing stable', () => {
    expect(guard('guard:errors', both(0.12, 0.002), healthy).verdict).toMatchObject({
      name: 'harmful',
      worst: 'guard:errors',
      reason: expect.stringMatching(
        /^canary breaks the guard errors \(2 %\): [\d.]+ % of requests failed where 0\.22 % of the stable's did, /,
      ),
    });
    expect(guard('guard:errors', both(0.9, 0.3), healthy).verdict.name).toBe('harmful');
    expect(guard('guard:p99', slow(400, 20), healthy).verdict).toMatchObject({ name: 'harmful', worst: 'guard:p99' });
  });
});
