import { describe, expect, it } from 'vitest';
import { look, openJudgement } from '../../../src/judge/judge.ts';
import { blockOf, inputOf, lookRepeatedly, tallyOf, weightStep } from '../../support/judge-blocks.ts';
import { briskPolicy, judgePolicy } from '../../support/judge-policy.ts';

const policy = briskPolicy();
const healthy = (startedAt: number) => blockOf({ startedAt });
const quiet = (startedAt: number) => blockOf({ startedAt, stable: tallyOf(3), canary: tallyOf(0) });
const shown = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 90 }, healthy);

describe('Argo Rollouts', () => {
  it('an analysis that ended before its first measurement is Successful (#4479): here it is undecided', () => {
    for (const blocks of [[], null]) {
      const { verdict } = look(policy, openJudgement(policy), inputOf(blocks, { at: 86_400_000 }));
      expect(['undecided', 'blind']).toContain(verdict.name);
    }
  });

  it('an analysis in which every measurement errored is Successful (#1329): here it is blind, however often', () => {
    let state = openJudgement(policy);
    for (let at = 0; at < 500_000; at += 1_000) {
      const result = look(policy, state, inputOf(null, { at, unusable: 'the query failed' }));
      expect(result.verdict).toMatchObject({ name: 'blind', reason: 'the query failed' });
      state = result.state;
    }
    expect(state.harm.level).toBe(0);
  });

  it('a step is finished before the weight converged (#3333, #3926): here older blocks show no parity', () => {
    const step = weightStep({ splitEpoch: 2, appliedAt: null });
    const { verdict } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 120 }, healthy, { step });
    expect(verdict.name).toBe('undecided');
  });

  it('a retry reuses the failed run (#2824, #2897): here it begins without evidence, and has to show more', () => {
    const retried = weightStep({ attempt: 2 });
    const first = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 3 }, healthy);
    const second = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 3 }, healthy, { step: retried });
    const thresholdIn = ({ verdict }: typeof first) => verdict.findings[0]?.logParityThreshold ?? 0;
    expect(thresholdIn(second) - thresholdIn(first)).toBeCloseTo(Math.LN2, 12);
    expect(openJudgement(policy).step.canary.requests).toBe(0);
  });
});

describe('Flagger', () => {
  it('no data counts as a failure and rolls back a quiet service (#1035, #1011, #883): here it never does', () => {
    const { verdict } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 2_000 }, quiet);
    expect(verdict.name).toBe('undecided');
    expect(verdict.logEvidence).toBeLessThan(1);
  });

  it('no data passes either: here time alone never promotes', () => {
    const { verdict } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 2_000 }, quiet);
    expect(verdict.reason).toMatch(/^(no canary traffic yet|canary gets no traffic)/);
  });

  it('the failure counter is never reset by success: here healthy hours outweigh single bad blocks', () => {
    const sporadic = (startedAt: number) =>
      (startedAt / 1_000) % 60 === 7
        ? blockOf({ startedAt, stable: tallyOf(900, { errors: 27 }), canary: tallyOf(100, { errors: 4 }) })
        : blockOf({ startedAt });
    const { verdict } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 1_200 }, sporadic);
    expect(verdict.name).toBe('at-parity');
  });

  it('no rollback while it waits for a traffic increase (#1801): here harm is judged before anything else', () => {
    const step = weightStep({ splitEpoch: 2, appliedAt: null });
    const broken = (startedAt: number) => blockOf({ startedAt, canary: tallyOf(100, { errors: 60 }) });
    const { verdict } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 3 }, broken, { step });
    expect(verdict.name).toBe('harmful');
  });
});

describe('Kayenta', () => {
  it('a baseline without errors and a canary with errors in half the minutes passes (#5622, #6278, #780): here it is rolled back', () => {
    const half = (startedAt: number) =>
      blockOf({
        startedAt,
        stable: tallyOf(900),
        canary: tallyOf(100, { errors: (startedAt / 1_000) % 2 === 0 ? 5 : 0 }),
      });
    const { verdict } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 20 }, half);
    expect(verdict).toMatchObject({ name: 'harmful', worst: 'errors' });
  });

  it('an empty group scores 100: here a check without data keeps the canary undecided', () => {
    const noLatency = (startedAt: number) =>
      blockOf({
        startedAt,
        stable: { ...tallyOf(900), latency: {} },
        canary: { ...tallyOf(100), latency: {} },
      });
    const { verdict } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 300 }, noLatency);
    expect(verdict).toMatchObject({ name: 'undecided' });
    expect(verdict.worst).toMatch(/^p\d\d$/);
  });

  it('tolerance and confidence are hard-coded: here the policy has them, and the verdict shows them', () => {
    const strict = judgePolicy({
      checks: {
        errors: { rollback: { relative: '20%', absolute: '0.5pp' }, parity: { relative: '60%', absolute: '2pp' } },
      },
      judge: { block: '1s', alpha: 0.0001 },
    });
    const { verdict } = look(strict, openJudgement(strict), inputOf([healthy(0)]));
    expect(verdict.logThreshold).toBeCloseTo(Math.log(10_000), 12);
    expect(verdict.findings[0]).toMatchObject({ rollbackMargin: '20 % + 0.5 pp', parityMargin: '60 % or 2 pp' });
  });

  it('looking again every minute adds up false alarms: here a look without news changes nothing', () => {
    let { state } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 20 }, healthy);
    const { level } = state.harm;
    for (let at = 20_000; at < 21_000; at += 1) ({ state } = look(policy, state, inputOf([], { at })));
    expect(state.harm.level).toBe(level);
  });
});

describe('Keptn', () => {
  it('no baseline passes: here a stable that reports nothing is blind', () => {
    const alone = (startedAt: number) => blockOf({ startedAt, stable: null });
    const { verdict } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 200 }, alone);
    expect(verdict).toMatchObject({ name: 'blind', reason: 'the stable reported nothing' });
    const idle = (startedAt: number) => blockOf({ startedAt, stable: tallyOf(0) });
    expect(lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 200 }, idle).verdict.name).toBe('undecided');
  });
});

describe('GrowthBook', () => {
  it('ships when inconclusive at the end: here a step stays undecided however long it lasts', () => {
    const barely = (startedAt: number) =>
      blockOf({ startedAt, stable: tallyOf(9, { errors: 1 }), canary: tallyOf(startedAt % 3_000 === 0 ? 1 : 0) });
    let { state, verdict } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 30 }, barely);
    expect(verdict.name).toBe('undecided');
    ({ state, verdict } = look(policy, state, inputOf([blockOf({ startedAt: 30 * 86_400_000, canary: tallyOf(0) })])));
    expect(verdict.name).toBe('undecided');
  });
});

describe('everybody who latches a verdict', () => {
  it('a parity shown once is not evidence about now: here it is lost soon after a regression', () => {
    expect(shown.verdict.name).toBe('at-parity');
    const worse = (startedAt: number) => blockOf({ startedAt, canary: tallyOf(100, { errors: 3 }) });
    const { verdict } = lookRepeatedly(policy, shown.state, { from: 90_000, count: 20 }, worse);
    expect(verdict.name).not.toBe('at-parity');
  });

  it('completion bias: slow requests counted at their age tell of a slow canary before any of them ends', () => {
    const only = (bucket: number, count: number) => ({ ...tallyOf(0), latency: { [bucket]: count } });
    const hanging = (startedAt: number) => blockOf({ startedAt, canary: { ...only(300, 40), requests: 1 } });
    const before = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 3 }, healthy);
    const { verdict } = lookRepeatedly(policy, before.state, { from: 3_000, count: 6 }, hanging);
    expect(verdict.name).toBe('harmful');
    expect(verdict.reason).toMatch(/^canary (p\d\d|worse in)/);
  });
});
