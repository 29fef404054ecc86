import { describe, expect, it } from 'vitest';
import { openJudgement } from '../../../src/judge/judge.ts';
import { blockOf, lookRepeatedly, tallyOf, weightStep } from '../../support/judge-blocks.ts';
import { judgePolicy } from '../../support/judge-policy.ts';

/** 1,000 requests a second, for some seconds. */
function reasonOf(undecidedAfter: string, canaryOf100: number, seconds: number): string {
  const policy = judgePolicy({
    undecided: { after: undecidedAfter },
    judge: { block: '1s', warmUp: '0s', minStep: '1s' },
  });
  const make = (startedAt: number) =>
    blockOf({
      startedAt,
      canaryBps: 100 * canaryOf100,
      stable: tallyOf(1_000 - 10 * canaryOf100, { errors: 1 }),
      canary: tallyOf(10 * canaryOf100),
    });
  const { verdict } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: seconds }, make, {
    step: weightStep(),
    skippedChecks: ['p50', 'p95', 'p99', 'clientErrors'],
  });
  return verdict.reason;
}

describe('a check that takes longer than its step may stay undecided', () => {
  it('says only how long, where that is in time', () => {
    expect(reasonOf('6h', 1, 60)).toMatch(/^errors: needs about [\d,]+ more canary requests, \d+ min at this traffic$/);
  });

  it('says at what weight it would be in time', () => {
    expect(reasonOf('2m', 1, 60)).toMatch(
      /, longer than the 2 min after which a person is paged; at a weight of \d+ % about \d+ s$/,
    );
  });

  it('says with what margin, where no weight is enough', () => {
    expect(reasonOf('8s', 50, 3)).toMatch(/; with a parity margin of [\d.]+ % or 0\.\d+ pp about \d+ s$/);
  });

  it('says that nothing is enough', () => {
    expect(reasonOf('1s', 1, 20)).toMatch(/; no weight shows it in that time at this traffic$/);
  });
});
