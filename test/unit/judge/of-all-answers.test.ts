import { describe, expect, it } from 'vitest';
import { openJudgement } from '../../../src/judge/judge.ts';
import { blockOf, lookRepeatedly, tallyOf } from '../../support/judge-blocks.ts';
import { briskPolicy } from '../../support/judge-policy.ts';

const policy = briskPolicy();
const OF_ALL = { latencyOf: 'all-answers' } as const;

const verdictOf = (clientErrors: number, source: typeof OF_ALL | Record<string, never>) =>
  lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 20 }, (startedAt) =>
    blockOf({
      startedAt,
      stable: { ...tallyOf(900, { clientErrors: 9 }), ...source },
      canary: { ...tallyOf(100, { clientErrors }), ...source },
    }),
  ).verdict;
const saysOf = ({ findings }: ReturnType<typeof verdictOf>) => findings.find(({ check }) => check === 'p50')?.says;

describe('latencies of all answers', () => {
  it('are said to be that, by each finding', () => {
    expect(saysOf(verdictOf(1, OF_ALL))).toMatch(/; of all answers, errors and 4xx among them$/);
    expect(saysOf(verdictOf(1, {}))).not.toContain('of all answers');
  });

  it('are told of in the verdict where the canary refuses more', () => {
    const told =
      "latencies are of all answers, and 3 % of the canary's are errors or 4xx, 1 % of the stable's: where these are quick, it looks " +
      'faster than it is';
    expect(verdictOf(3, OF_ALL).reason).toContain(`; ${told}`);
    expect(verdictOf(1, OF_ALL).reason).not.toContain('latencies are of all answers');
    expect(verdictOf(3, {}).reason).not.toContain('latencies are of all answers');
  });
});
