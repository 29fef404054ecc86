import { describe, expect, it, vi } from 'vitest';
import { skipBody } from '../../src/api/request-schemas.ts';
import { verdictViewSchema } from '../../src/api/verdict-schemas.ts';
import { rolloutView } from '../../src/api/views.ts';
import { budgetOf, stakesOf } from '../../src/judge/budget.ts';
import { type JudgeState, look, openJudgement } from '../../src/judge/judge.ts';
import { termsOf } from '../../src/parity/each-check.ts';
import type { Policy } from '../../src/policy/schema.ts';
import type { Block } from '../../src/stats/block.ts';
import { fakeControl } from '../support/fake-control.ts';
import { blockOf, inputOf, lookRepeatedly, tallyOf, weightStep } from '../support/judge-blocks.ts';
import { briskPolicy } from '../support/judge-policy.ts';

// The check is a file and this line.
vi.mock('../../src/parity/checks.ts', async (original) => {
  const { CHECKS } = await original<typeof import('../../src/parity/checks.ts')>();
  const { toyCheck } = await import('../support/toy-check.ts');
  return { CHECKS: { ...CHECKS, toy: toyCheck } };
});

const brisk = briskPolicy();
const named = (name: string): Policy => ({ ...brisk, metadata: { ...brisk.metadata, name } });
const policy = named('toys-roll-back');
const forced = (errors: number) => (startedAt: number) =>
  blockOf({ startedAt, forced: { stable: tallyOf(0), canary: tallyOf(5, { errors }) } });
const broken = forced(5);
const sound = forced(0);
const plain = ({ checks }: JudgeState) => JSON.parse(JSON.stringify(checks)) as Readonly<Record<string, unknown>>;
const toyIn = (state: JudgeState) => plain(state)['toy'];
const judged = (of: Policy, count: number, make: (at: number) => Block, from = openJudgement(of), parts = {}) =>
  lookRepeatedly(of, from, { from: from.measuredUntil ?? 0, count }, make, parts);

describe('a check that is one line in the list', () => {
  it('is opened, observed, restarted at a stage and moved with the clock', () => {
    expect(toyIn(openJudgement(policy))).toEqual({ logHarm: 0, logParity: 0, since: null });
    const { state } = judged(policy, 3, sound);
    expect(toyIn(state)).toEqual({ logHarm: -3, logParity: 3, since: 0 });
    const later = look(policy, state, inputOf([], { step: weightStep({ index: 1, splitEpoch: 2 }) }));
    expect(toyIn(later.state)).toEqual({ logHarm: -3, logParity: 0, since: 0 });
    const back = look(policy, state, inputOf([sound(-60_000)]));
    expect(toyIn(back.state)).toMatchObject({ since: -63_000 });
    expect(JSON.parse(JSON.stringify(back.state))).toEqual(back.state);
  });

  it('has its share of the budget, and leaves the others theirs in proportion', () => {
    expect(budgetOf(policy, 'toy')).toBe(0.25);
    expect(budgetOf(policy, 'errors')).toBeCloseTo(0.75 * budgetOf(named('toys-hold'), 'errors'), 12);
    const stakes = stakesOf(policy, openJudgement(policy), []);
    expect(stakes.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
    expect(stakes).toContainEqual({ check: 'toy', weight: 0.25, logHarm: 0 });
  });

  it('rolls back, and the sentence names it', () => {
    const { verdict } = judged(policy, 9, broken);
    expect(verdict).toMatchObject({ name: 'harmful', worst: 'toy' });
    expect(verdict.reason).toBe(
      'canary forced toys 50 % against 25 % (margin none), 10 against 20 requests in 9 s; ' +
        'odds of a false alarm < 1 in 1,000',
    );
  });

  it('has to show parity before a promotion, and the sentence says so', () => {
    expect(judged(policy, 90, (startedAt) => blockOf({ startedAt })).verdict).toMatchObject({
      name: 'undecided',
      worst: 'toy',
      reason: 'toy: half of them are broken',
    });
    const { verdict } = judged(policy, 90, sound);
    expect(verdict.name).toBe('at-parity');
    expect(verdict.reason).toContain('forced toys within a toy');
  });

  it('may only hold', () => {
    const holding = judged(named('toys-hold'), 90, broken);
    expect(holding.verdict).toMatchObject({
      name: 'undecided',
      worst: 'toy',
      reason: 'toys break too often to go on',
      logEvidence: expect.closeTo(judged(named('toys-hold'), 90, sound).verdict.logEvidence, 12) as unknown,
    });
  });

  it('may only report, and takes no part in anything then', () => {
    const reporting = named('toys-report');
    const { verdict } = judged(reporting, 90, broken);
    expect(verdict.name).toBe('at-parity');
    expect(verdict.findings.find(({ check }) => check === 'toy')).toMatchObject({
      dryRun: true,
      budgetWeight: 0,
      says: 'toy: half of them are broken (report only)',
    });
    expect(stakesOf(reporting, openJudgement(reporting), []).map(({ check }) => check)).not.toContain('toy');
  });

  it('may be skipped, by any name of its form, and by no other', () => {
    expect(judged(policy, 90, broken, openJudgement(policy), { skippedChecks: ['toy'] }).verdict.name).toBe(
      'at-parity',
    );
    const asks = (check: string) => skipBody.safeParse({ check, reason: 'known' });
    expect([asks('toy').success, asks('toy:red').success]).toEqual([true, true]);
    expect(asks('toys').error?.issues[0]?.message).toMatch(
      /^must be category:NAME, pNN, query:NAME, slower:MS, toy:COLOUR, value:NAME\.pNN, or one of /,
    );
    expect([termsOf(policy, 'toy')?.label, termsOf(policy, 'toys')]).toEqual(['forced toys', null]);
  });

  it('is seen through the API', async () => {
    const { verdict } = judged(policy, 9, broken);
    const control = fakeControl(policy);
    const start = {
      route: 'payments',
      canaryUrl: 'http://127.0.0.1:9002/',
      reason: 'ready',
      replace: false,
      force: false,
    };
    const { record } = await control.rollouts.start(start, { name: 'kim', role: 'operator' });
    const seen = control.see(record.rollout.id, { verdict });
    const view = verdictViewSchema.parse(rolloutView(seen, control.standing(seen)).verdict);
    expect(view.findings.find(({ check }) => check === 'toy')).toMatchObject({ budgetWeight: 0.25 });
  });

  it('is begun where a stored memory does not know it', () => {
    const { state } = judged(policy, 3, sound);
    const { toy: _, ...unknowing } = plain(state);
    const stored = { ...state, checks: unknowing } as unknown as JudgeState;
    expect(toyIn(look(policy, stored, inputOf([sound(3_000)])).state)).toEqual({
      logHarm: -1,
      logParity: 1,
      since: 3_000,
    });
  });
});
