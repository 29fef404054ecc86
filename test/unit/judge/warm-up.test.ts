import { describe, expect, it } from 'vitest';
import { budgetOf } from '../../../src/judge/budget.ts';
import { type JudgeState, type Look, openJudgement } from '../../../src/judge/judge.ts';
import { coldEvidence } from '../../../src/judge/warm-up/cold.ts';
import { aloneAt } from '../../../src/parity/stake.ts';
import type { Policy, PolicyDocument } from '../../../src/policy/schema.ts';
import { blockOf, lookRepeatedly, tallyOf, weightStep } from '../../support/judge-blocks.ts';
import { judgePolicy } from '../../support/judge-policy.ts';

const WARM_UP_S = 240;
const warming = (spec: Partial<PolicyDocument['spec']> = {}) =>
  judgePolicy({
    harm: { failed: 5_000, slow: 50_000 },
    judge: { block: '1s', minStep: '1s', dispersion: { initial: 1 }, warmUp: '4m' },
    ...spec,
  });
const policy = warming();

interface Course {
  readonly from: number;
  readonly count: number;
  readonly epoch: number;
  readonly bps?: number;
  readonly errors?: number;
  readonly clientErrors?: number;
  readonly medianMs?: number;
}

/** Blocks of a second under one split; the stable is always the same. */
function pass(state: JudgeState, course: Course, under: Policy = policy): Look {
  const { from, count, epoch, bps = 1_000, errors = 0, clientErrors = 1, medianMs = 20 } = course;
  const canary = bps === 0 ? tallyOf(0) : tallyOf(100, { errors, clientErrors, medianMs });
  return lookRepeatedly(
    under,
    state,
    { from: from * 1_000, count },
    (startedAt) => blockOf({ startedAt, splitEpoch: epoch, canaryBps: bps, canary }),
    { step: weightStep({ splitEpoch: epoch, appliedAt: from * 1_000 }) },
  );
}

const past = pass(openJudgement(policy), { from: -100, count: 100, epoch: 1, bps: 0 }).state;

describe('a canary in the warm-up after an increase', () => {
  it('is blamed for nothing that passes, by no evidence of later', () => {
    const cold = pass(past, { from: 0, count: 45, epoch: 2, errors: 3 });
    expect(cold.verdict).toMatchObject({ name: 'suspect', worst: 'errors', goBack: true });
    expect(cold.verdict.reason).toBe(
      'canary errors 3 % against 0.22 % (margin 10 % + 0.01 pp), 4,500 against 40,500 requests in 45 s, ' +
        'while it warms up',
    );
    expect(cold.state.harm.level).toBeLessThanOrEqual(0);
    const row = cold.verdict.findings.find(({ check }) => check === 'cold');
    expect(row).toMatchObject({ canary: 0.03, logParity: null, says: expect.stringMatching(/^the warm-up by itself/) });
    expect(cold.verdict.logEvidence).toBeGreaterThanOrEqual(cold.verdict.logThreshold);
    expect(row?.logHarm).toBeGreaterThanOrEqual(aloneAt(row?.budgetWeight ?? 0, cold.verdict.logThreshold));
    const warm = pass(cold.state, { from: 45, count: WARM_UP_S - 44, epoch: 2 });
    expect(warm.verdict.name).toBe('undecided');
    expect(warm.state.step.canary).toMatchObject({ requests: 100, errors: 0 });
    expect(pass(warm.state, { from: 241, count: 300, epoch: 2 }).verdict.name).toBe('at-parity');
  });

  it('is not begun anew by a trial of the stable, in which the weight is nothing under the same split', () => {
    const warm = pass(past, { from: 0, count: WARM_UP_S + 1, epoch: 2 });
    const tried = pass(warm.state, { from: WARM_UP_S + 1, count: 30, epoch: 2, bps: 0 });
    const again = pass(tried.state, { from: WARM_UP_S + 31, count: 1, epoch: 2 });
    expect(warm.state.warmUp).toMatchObject({ entries: 1, phase: 'judged' });
    expect(again.state.warmUp).toEqual(warm.state.warmUp);
  });

  it('shows no parity in it, and the reason says how long it takes', () => {
    const { verdict } = pass(past, { from: 0, count: 180, epoch: 2 });
    expect(verdict).toMatchObject({ name: 'undecided', worst: null });
    expect(verdict.reason).toBe(
      'the canary warms up since its weight grew: 60 s are left, in which only gross failures roll back',
    );
    expect(verdict.findings.every(({ logParity }) => (logParity ?? 0) <= 0)).toBe(true);
  });

  it.each([
    ['errors', { errors: 60 }],
    ['clientErrors', { clientErrors: 60 }],
  ])('is rolled back for gross %s', (kind, failing) => {
    const { verdict } = pass(past, { from: 0, count: 4, epoch: 2, ...failing });
    expect(verdict).toMatchObject({ name: 'harmful', worst: `gross:${kind}` });
    expect(verdict.reason).toMatch(
      /^canary (errors|4xx answers) while it warms up 60 % against .*\(margin 100 % \+ 10 pp\), .* requests in \d s; odds/,
    );
    expect(verdict.goBack).toBeUndefined();
  });

  it('is rolled back for a gross failure that begins within the warm-up', () => {
    const well = pass(past, { from: 0, count: 120, epoch: 2 });
    const { verdict } = pass(well.state, { from: 120, count: 5, epoch: 2, errors: 60 });
    expect(verdict).toMatchObject({ name: 'harmful', worst: 'gross:errors' });
  });

  it('is rolled back for a gross failure where no block has requests of both versions', () => {
    const quiet = (before: JudgeState, from: number, count: number, canaryBps: number) =>
      lookRepeatedly(
        policy,
        before,
        { from: from * 1_000, count },
        (startedAt) => {
          const isCanarys = canaryBps > 0 && (startedAt / 1_000) % 2 === 1;
          return blockOf({
            startedAt,
            splitEpoch: canaryBps === 0 ? 1 : 2,
            canaryBps,
            assignment: 'per-request',
            stable: tallyOf(isCanarys ? 0 : 1),
            canary: tallyOf(isCanarys ? 1 : 0, { errors: isCanarys ? 1 : 0 }),
          });
        },
        { step: weightStep({ splitEpoch: 2, appliedAt: 0 }) },
      );
    const { state, verdict } = quiet(quiet(openJudgement(policy), -100, 100, 0).state, 0, 80, 5_000);
    expect(verdict).toMatchObject({ name: 'harmful', worst: 'gross:errors' });
    // Of merged blocks: what the stable would have given is known from its own requests.
    const { errors } = state.step.canary;
    expect(state.checks.gross.hurt.failed).toBeGreaterThan(errors - 3);
    expect(state.checks.gross.hurt.failed).toBeLessThanOrEqual(errors);
  });

  it('goes back for latency, however slow it is', () => {
    const { verdict } = pass(past, { from: 0, count: 5, epoch: 2, medianMs: 400 });
    expect(verdict).toMatchObject({ name: 'suspect', goBack: true });
  });

  it('is judged at once where the policy has no warm-up', () => {
    const without = warming({ judge: { block: '1s', warmUp: '0s' } });
    const { verdict } = pass(past, { from: 0, count: 20, epoch: 2, errors: 5 }, without);
    expect(verdict).toMatchObject({ name: 'harmful', worst: 'errors' });
    expect(verdict.findings.map(({ check }) => check)).not.toContain('gross:errors');
    expect(budgetOf(without, 'errors')).toBeGreaterThan(budgetOf(policy, 'errors'));
  });
});

describe('a warm-up', () => {
  const warm = pass(past, { from: 0, count: WARM_UP_S + 10, epoch: 2 }).state;

  it('begins with each increase, and with no other change of the split', () => {
    expect(warm.warmUp).toMatchObject({ entries: 1, since: 0, phase: 'judged' });
    const paused = pass(warm, { from: 250, count: 5, epoch: 3 }).state;
    expect(paused.warmUp).toMatchObject({ entries: 1, phase: 'judged' });
    const smaller = pass(paused, { from: 255, count: 5, epoch: 4, bps: 500 }).state;
    expect(smaller.warmUp).toMatchObject({ entries: 1, phase: 'judged' });
    const larger = pass(smaller, { from: 260, count: 5, epoch: 5, bps: 2_500 }).state;
    expect(larger.warmUp).toMatchObject({ entries: 2, since: 260_000, phase: 'warm-up' });
  });

  it('is one over all moves of a ramp', () => {
    const first = pass(warm, { from: 250, count: 15, epoch: 3, bps: 1_500 }).state;
    const second = pass(first, { from: 265, count: 15, epoch: 3, bps: 2_000 }).state;
    expect(second.warmUp).toMatchObject({ entries: 2, since: 250_000, phase: 'warm-up' });
  });

  it('compares no two weights of a ramp as one block', () => {
    const quiet = (from: number, count: number, canaryBps: number, before: JudgeState) =>
      lookRepeatedly(policy, before, { from, count }, (startedAt) =>
        blockOf({ startedAt, splitEpoch: 3, canaryBps, stable: tallyOf(3), canary: tallyOf(0) }),
      ).state;
    const first = quiet(0, 3, 150, quiet(-100_000, 100, 0, openJudgement(policy)));
    const second = quiet(3_000, 1, 200, first);
    expect(first.carry?.stretch).toBeDefined();
    expect(second.carry?.stretch).not.toBe(first.carry?.stretch);
  });

  it('begins with the first request of the canary', () => {
    const empty = blockOf({ splitEpoch: 2, canary: tallyOf(0) });
    const silent = lookRepeatedly(policy, past, { from: 0, count: 20 }, (startedAt) => ({ ...empty, startedAt })).state;
    expect(pass(silent, { from: 20, count: 1, epoch: 2 }).state.warmUp).toMatchObject({ entries: 1, since: 20_000 });
  });

  it('has its part of the budget twice for each increase, the one to the bake included', () => {
    const cold = pass(past, { from: 0, count: 3, epoch: 2, errors: 3 }).state;
    const shareOf = (state: JudgeState) =>
      coldEvidence(policy, state, []).parts.reduce((sum, { weight }) => sum + weight, 0);
    expect(8 * shareOf(cold)).toBeCloseTo(budgetOf(policy, 'cold'), 12);
    const often = { ...cold, warmUp: { ...cold.warmUp, entries: 9 } };
    expect(shareOf(often)).toBe(0);
  });
});

describe('a canary that went back', () => {
  const certain = pass(past, { from: 0, count: 45, epoch: 2, bps: 2_000, errors: 3 }).state;
  const back = pass(certain, { from: 45, count: 200, epoch: 3, bps: 1_000, errors: 3 });

  it('warms up there, and is blamed for nothing but gross failures', () => {
    expect(back.verdict).toMatchObject({ name: 'undecided' });
    expect(back.verdict.reason).toBe('the canary went back to 10 % and warms up there: 40 s are left');
    expect(back.state.harm.level).toBeLessThanOrEqual(0);
    expect(pass(back.state, { from: 245, count: 5, epoch: 3, errors: 60 }).verdict).toMatchObject({ name: 'harmful' });
  });

  it('has a warm-up of its own when its weight is given again', () => {
    const again = pass(back.state, { from: 245, count: 45, epoch: 4, bps: 2_000, errors: 3 });
    expect(again.state.warmUp).toMatchObject({ entries: 2, isCertain: true });
    expect(again.verdict).toMatchObject({ name: 'suspect', goBack: true });
    const well = pass(back.state, { from: 245, count: WARM_UP_S + 300, epoch: 4, bps: 2_000 });
    expect(well.verdict.name).toBe('at-parity');
  });

  it('is judged after two warm-ups if it is not', () => {
    const { verdict } = pass(back.state, { from: 245, count: 300, epoch: 3, errors: 3 });
    expect(verdict).toMatchObject({ name: 'harmful', worst: 'errors' });
  });
});

describe('the budget of users', () => {
  it('ends the patience with failures', () => {
    const strict = warming({ harm: { failed: 50 } });
    const course = { from: 0, count: 60, epoch: 2, errors: 3 };
    const { verdict } = pass(past, course, strict);
    expect(verdict).toMatchObject({ name: 'harmful', worst: 'errors' });
    expect(verdict.reason).toMatch(
      /, while it warms up: \d+ more requests failed than would have on the stable, and 50 are allowed$/,
    );
    expect(pass(past, course).verdict).toMatchObject({ name: 'suspect', goBack: true });
  });

  it('ends it with slow answers', () => {
    const { verdict } = pass(past, { from: 0, count: 60, epoch: 2, medianMs: 200 }, warming({ harm: { slow: 200 } }));
    expect(verdict.name).toBe('harmful');
    expect(verdict.reason).toMatch(
      /: \d+ more answers were slow than would have been on the stable, and 200 are allowed$/,
    );
  });

  it('counts nothing that the stable has as well', () => {
    const shared = lookRepeatedly(policy, past, { from: 0, count: 60 }, (startedAt) =>
      blockOf({
        startedAt,
        splitEpoch: 2,
        stable: tallyOf(900, { errors: 90, medianMs: 200 }),
        canary: tallyOf(100, { errors: 10, medianMs: 200 }),
      }),
    );
    expect(shared.state.checks.gross.hurt.failed).toBeLessThanOrEqual(0);
    expect(shared.state.checks.gross.hurt.slow).toBeLessThanOrEqual(0);
  });
});
