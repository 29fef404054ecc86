import { describe, expect, it } from 'vitest';
import { type Look, type LookInput, look, openJudgement } from '../../../src/judge/judge.ts';
import type { Policy } from '../../../src/policy/schema.ts';
import { blockOf, inputOf, lookRepeatedly, tallyOf, weightStep } from '../../support/judge-blocks.ts';
import { briskPolicy } from '../../support/judge-policy.ts';
import { NO_TALLY } from '../../support/simulated-traffic.ts';

const policy = briskPolicy();
const withJudge = (judge: Partial<Policy['spec']['judge']>): Policy => ({
  ...policy,
  spec: { ...policy.spec, judge: { ...policy.spec.judge, ...judge } },
});
const warming = withJudge({ warmUp: 60_000 });
const lasting = withJudge({ minStep: 200_000 });
const make =
  (canary = tallyOf(100, { clientErrors: 1 })) =>
  (startedAt: number) =>
    blockOf({ startedAt, canary });

function after(count: number, blocks = make(), parts: Partial<LookInput> = {}, of = policy): Look {
  return lookRepeatedly(of, openJudgement(of), { from: 0, count }, blocks, parts);
}

function openIn({ verdict }: Look) {
  return (verdict.conditions ?? []).flatMap(({ what, met, says }) => (met ? [] : [[what, says]]));
}

describe('the conditions of a compared step', () => {
  it('are all met at parity, and say by what', () => {
    const { verdict } = after(400);
    expect(verdict.name).toBe('at-parity');
    expect(verdict.conditions).toEqual([
      { what: 'harm', met: true, says: expect.stringMatching(/^evidence of harm ×\S+, and ×20 would hold it$/) },
      { what: 'fault', met: true, says: 'the route as a whole is well' },
      { what: 'sight', met: true, says: 'both versions are seen' },
      { what: 'split', met: true, says: 'the split of this step is in force' },
      { what: 'hold', met: true, says: 'no check holds it' },
      { what: 'traffic', met: true, says: '40,000 canary requests in this step' },
      { what: 'parity', met: true, says: 'parity shown by 5 of 5 checks' },
      { what: 'measured', met: true, says: 'the last measurement was 1 s old at the last look' },
    ]);
  });

  it('count the checks that have shown parity, and name the one that is furthest', () => {
    const seen = after(5);
    expect(seen.verdict.name).toBe('undecided');
    const open = openIn(seen);
    expect(open).toHaveLength(1);
    expect(open[0]?.[0]).toBe('parity');
    expect(open[0]?.[1]).toMatch(/^parity shown by [1-4] of 5 checks; furthest is (\S+): .*\d/);
    expect(open[0]?.[1]).toContain(seen.verdict.reason);
    expect(open[0]?.[1]).toContain(`furthest is ${seen.verdict.worst}: `);
  });

  it('keep what is said of the least time apart from the parity that may be shown or not', () => {
    expect(openIn(after(5, make(), {}, lasting)).map(([what]) => what)).toEqual(['parity', 'least-time']);
    const shown = after(150, make(), {}, lasting);
    expect(openIn(shown)).toEqual([['least-time', 'the step lasts at least 3 min: 50 s are left']]);
    expect(shown.verdict.reason).toMatch(
      /^every check is at parity, and the step lasts at least 3 min: 50 s are left$/,
    );
    expect(after(250, make(), {}, lasting).verdict.conditions).toContainEqual({
      what: 'least-time',
      met: true,
      says: 'the step has lasted at least 3 min',
    });
  });

  it('say what has not been measured, seen applied or answered', () => {
    const nothing = look(policy, openJudgement(policy), inputOf([]));
    expect(openIn(nothing).map(([what]) => what)).toEqual(['measured', 'traffic', 'parity', 'least-time']);
    const unapplied = openIn(after(70, make(), { step: weightStep({ appliedAt: null }) }));
    expect(unapplied).toContainEqual(['split', 'the split of this step has not been seen applied yet']);
    expect(openIn(after(70, make(NO_TALLY)))).toContainEqual(['traffic', expect.stringContaining('no canary traffic')]);
    const { state } = after(400);
    const late = look(policy, state, { ...inputOf([]), at: 500_000 });
    expect(openIn(late)).toEqual([['measured', 'nothing new has been measured for 100 s']]);
  });

  it('say that the canary warms up, where the policy has it warm up', () => {
    expect(openIn(after(20, make(), {}, warming))).toContainEqual([
      'warm-up',
      'the canary warms up since its weight grew: 40 s are left, in which only gross failures roll back',
    ]);
    const { verdict } = after(400, make(), {}, warming);
    expect(verdict.conditions).toContainEqual({ what: 'warm-up', met: true, says: 'the canary has warmed up' });
  });

  it('repeat the verdict where it holds, is blind, or suspects the canary', () => {
    const refusing = after(120, make(tallyOf(100, { clientErrors: 8 })));
    expect(openIn(refusing)).toContainEqual(['hold', refusing.verdict.reason]);
    const suspect = after(2, make(tallyOf(100, { errors: 100 })));
    expect(openIn(suspect)[0]).toEqual(['harm', suspect.verdict.reason]);
    const blind = look(policy, after(400).state, { ...inputOf(null), at: 401_000, unusable: 'the source is down' });
    expect(openIn(blind)).toEqual([['sight', 'the source is down']]);
  });

  it('leave the end to a person where every check reports only', () => {
    const dry: Policy = { ...policy, spec: { ...policy.spec, dryRun: true } };
    expect(openIn(after(400, make(), {}, dry))).toEqual([
      ['person', 'spec.dryRun is set, so every check reports only: a person ends this step'],
      ['parity', 'every check that could show parity is skipped or reports only: a person ends this step'],
    ]);
  });

  it('are of compared steps alone', () => {
    expect(after(5, make(), { step: weightStep({ kind: 'bake' }) }).verdict.conditions).toBeUndefined();
  });
});
