import { describe, expect, it } from 'vitest';
import { budgetOf } from '../../../src/judge/budget.ts';
import { look, openJudgement } from '../../../src/judge/judge.ts';
import type { Policy, PolicyDocument } from '../../../src/policy/schema.ts';
import type { AnswerCounts, ContentCounts } from '../../../src/stats/answers/answer-counts.ts';
import type { Block } from '../../../src/stats/block.ts';
import { blockOf, inputOf, lookRepeatedly, tallyOf } from '../../support/judge-blocks.ts';
import { judgePolicy } from '../../support/judge-policy.ts';

type Errors = NonNullable<NonNullable<PolicyDocument['spec']['checks']>['errors']>;

const WIDE = {
  p50: { rollback: '4.1%', parity: '27%' },
  p95: { rollback: '6.2%', parity: '43%' },
  p99: { rollback: '10.5%', parity: '61%' },
} as const;
const policyOf = (errors: Errors, spec: Partial<PolicyDocument['spec']> = {}): Policy =>
  judgePolicy({
    checks: { errors: { parity: { relative: '25%', absolute: '1pp' }, ...errors }, latency: WIDE, ...spec.checks },
    judge: { block: '1s', minStep: '3s', warmUp: '0s' },
  });
const graphql = policyOf({ when: [{ graphql: 'total' }], sample: '10%' });
const readOf = (sampled: number, parts: Partial<ContentCounts> = {}): AnswerCounts => ({
  content: { sampled, unread: 0, failed: 0, partial: 0, ...parts },
});

/** A second of 900 and 100 requests, with what their answers carry. */
const carrying = (startedAt: number, stable: AnswerCounts, canary: AnswerCounts, parts: Partial<Block> = {}): Block =>
  blockOf({
    startedAt,
    stable: { ...tallyOf(900), ...stable },
    canary: { ...tallyOf(100), ...canary },
    ...parts,
  });

function judged(policy: Policy, count: number, stable: AnswerCounts, canary: AnswerCounts, parts: Partial<Block> = {}) {
  const made = (startedAt: number) => carrying(startedAt, stable, canary, parts);
  const { verdict } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count }, made);
  return { verdict, finding: (name: string) => verdict.findings.find(({ check }) => check === name) };
}

describe('errors by content', () => {
  it('roll back, and say what was asked of what sample', () => {
    const { verdict } = judged(graphql, 60, readOf(90), readOf(10, { failed: 1 }));
    expect(verdict).toMatchObject({ name: 'harmful', worst: 'content' });
    expect(verdict.reason).toMatch(
      /^canary errors in the body 10 % against 0 % \(margin 10 % \+ 0\.01 pp\), \d+ against [\d,]+ of the answers that were read, of a sample of 10 %, in \d+ s; odds of a false alarm < 1 in 1,000$/,
    );
  });

  it('of both versions alike are at parity, which a promotion waits for', () => {
    const alike = () => judged(graphql, 400, readOf(90, { failed: 9 }), readOf(10, { failed: 1 }));
    expect(alike().verdict.name).toBe('at-parity');
    expect(alike().finding('content')?.says).toBe(
      'errors in the body of 10 % of the answers that were read against 10 %, of a sample of 10 %, inside the parity margin of 25 % or 1 pp',
    );
    const soon = judged(graphql, 20, readOf(90, { failed: 9 }), readOf(10, { failed: 1 }));
    expect(soon.verdict).toMatchObject({ name: 'undecided', worst: 'content' });
    expect(soon.verdict.reason).toMatch(/^errors in the body: needs about [\d,]+ more canary requests/);
  });

  it('of which nothing is read let nothing be promoted', () => {
    const { verdict } = judged(graphql, 120, {}, {});
    expect(verdict).toMatchObject({ name: 'undecided', worst: 'content', needs: null });
    expect(verdict.reason).toBe(
      'errors in the body: nothing to compare yet, none of 12,000 answers of the canary is among the answers that were read',
    );
  });

  it('are no check where the policy asks for none, and take nothing from the budget of errors', () => {
    const plain = policyOf({});
    const { verdict } = judged(plain, 60, readOf(90), readOf(10, { failed: 9 }));
    expect(verdict.findings.filter(({ check }) => check.startsWith('content'))).toEqual([]);
    expect(budgetOf(plain, 'content')).toBe(0);
    const whole = budgetOf(plain, 'errors') + budgetOf(plain, 'unanswered');
    const parts = ['errors', 'unanswered', 'content'].map((check) => budgetOf(graphql, check));
    expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(whole, 12);
    expect(budgetOf(graphql, 'content')).toBeCloseTo(whole / 4, 12);
  });

  it('only report where errors do', () => {
    const reports = policyOf({ when: [{ graphql: 'any' }], dryRun: true });
    const { verdict, finding } = judged(reports, 60, readOf(90), readOf(10, { failed: 5, unread: 2 }));
    expect(verdict.name).not.toBe('harmful');
    expect(finding('content')).toMatchObject({ dryRun: true, budgetWeight: 0 });
    expect(finding('content:unread')).toMatchObject({ dryRun: true });
  });

  it('are compared with the margins that they have of their own', () => {
    const own = policyOf({
      when: [{ graphql: 'total' }],
      content: { rollback: { relative: '0%', absolute: '20pp' }, parity: { relative: '0%', absolute: '40pp' } },
    });
    const { verdict, finding } = judged(own, 120, readOf(90), readOf(10, { failed: 1 }));
    expect(finding('content')).toMatchObject({ rollbackMargin: '0 % + 20 pp', parityMargin: '0 % or 40 pp' });
    expect(verdict.name).toBe('at-parity');
  });
});

describe('errors by a field of the head', () => {
  it('are of all answers', () => {
    const head = policyOf({ when: [{ header: 'x-failed', is: 'present' }] });
    const { verdict } = judged(head, 60, readOf(900), readOf(100, { failed: 5 }));
    expect(verdict.reason).toMatch(/^canary errors in the head 5 % .* of the answers that were read, in \d+ s/);
  });
});

describe('answers with data and errors', () => {
  it('hold where only total failures are errors', () => {
    const { verdict } = judged(graphql, 120, readOf(90), readOf(10, { partial: 3 }));
    expect(verdict).toMatchObject({ name: 'undecided', hold: { cause: 'worse:content:partial' } });
    expect(verdict.reason).toBe(
      'data and errors in 30 % of the answers that were read against 0 %, of a sample of 10 %, more than 50 % + 1 pp above the stable, which holds the canary',
    );
  });

  it('are no finding before there is one, and none where each of them is an error', () => {
    expect(judged(graphql, 30, readOf(90), readOf(10)).finding('content:partial')).toBeUndefined();
    const any = policyOf({ when: [{ graphql: 'any' }] });
    expect(judged(any, 30, readOf(90), readOf(10, { partial: 3 })).finding('content:partial')).toBeUndefined();
  });
});

describe('answers that cannot be read', () => {
  it('hold a version that stops answering as it did, and say what it answers with', () => {
    const html = readOf(10, { unread: 9, unreadAs: { 'text/html': 8, 'too long': 1 } });
    const { verdict } = judged(graphql, 60, readOf(90), html);
    expect(verdict).toMatchObject({ name: 'undecided', hold: { cause: 'worse:content:unread' } });
    expect(verdict.reason).toBe(
      "90 % of the canary's answers could not be read, 0 % of the stable's: most are text/html, of a sample of 10 %, more than 50 % + 5 pp above the stable, which holds the canary",
    );
  });

  it('are told by what else they are, and left out where the gateway had no room for them', () => {
    const long = readOf(10, { unread: 10, unreadAs: { 'too long': 6, 'no room': 4 } });
    const { verdict, finding } = judged(graphql, 60, readOf(90), long);
    expect(verdict.reason).toMatch(
      /^100 % of the canary's answers could not be read, 0 % of the stable's: most are too long, of/,
    );
    expect(finding('content:unread')?.requests).toEqual({ canary: 360, stable: 5_400 });
    const none = readOf(10, { unread: 5, unreadAs: { 'no room': 5 } });
    expect(judged(graphql, 60, readOf(90), none).finding('content:unread')).toBeUndefined();
  });

  it('are told by what they promised, where they are no JSON', () => {
    const broken = readOf(10, { unread: 10, unreadAs: { broken: 10 } });
    expect(judged(graphql, 60, readOf(90), broken).verdict.reason).toMatch(
      /^100 % of the canary's answers could not be read, 0 % of the stable's: most are not the JSON that their type promises, of/,
    );
  });

  it('of both alike are no reason to wait', () => {
    const { verdict } = judged(graphql, 400, readOf(90, { unread: 45 }), readOf(10, { unread: 5 }));
    expect([verdict.name, verdict.hold]).toEqual(['at-parity', undefined]);
  });
});

describe('event streams without their last event', () => {
  const policy = policyOf({}, { checks: { streams: { end: '[DONE]' } } });
  const streams = (ended: number, unfinished: number): AnswerCounts => ({ streams: { ended, unfinished } });

  it('are errors', () => {
    const { verdict } = judged(policy, 60, streams(90, 0), streams(10, 1));
    expect(verdict).toMatchObject({ name: 'harmful', worst: 'content:unfinished' });
    expect(verdict.reason).toMatch(
      /^canary event streams that ended without their last event 10 % against 0 % .* of the event streams that ended, in/,
    );
  });
});

describe('errors by content where keys are sticky', () => {
  const sticky = { assignment: 'by-key' } as const;

  it('hold when there are far more, roll nothing back, and say why', () => {
    const { verdict, finding } = judged(graphql, 60, readOf(90), readOf(10, { failed: 6 }), sticky);
    expect(verdict).toMatchObject({ name: 'undecided', hold: { cause: 'worse:content' } });
    expect(verdict.reason).toBe(
      'errors in the body of 60 % of the answers that were read against 0 %, of a sample of 10 %: far more, which holds the canary; keys are sticky and one client may be most of it, so that nothing is rolled back',
    );
    expect(finding('content')).toMatchObject({ budgetWeight: 0, logParity: null });
  });

  it('only report when there are a few more', () => {
    const { verdict, finding } = judged(graphql, 120, readOf(90), readOf(10, { failed: 1 }), sticky);
    expect(verdict.hold).toBeUndefined();
    expect(finding('content')?.says).toMatch(/; keys are sticky and these answers are not counted by key/);
  });
});

describe('errors by content of little traffic', () => {
  // Nearly all of what the canary answers is no JSON: its few answers that are read are as good as those of the stable.
  it('blame no canary for having fewer answers that are read', () => {
    let state = openJudgement(graphql);
    for (let startedAt = 0; startedAt < 3_600_000; startedAt += 5_000) {
      const isOdd = startedAt % 10_000 === 0;
      const made = carrying(startedAt, readOf(4, { failed: isOdd ? 1 : 0 }), isOdd ? {} : readOf(1), {
        durationMs: 5_000,
        assignment: 'per-request',
        stable: { ...tallyOf(5), ...readOf(4, { failed: isOdd ? 1 : 0 }) },
        canary: { ...tallyOf(isOdd ? 0 : 1), ...(isOdd ? {} : readOf(1)) },
      });
      const seen = look(graphql, state, inputOf([made]));
      state = seen.state;
      expect(seen.verdict.name).not.toBe('harmful');
    }
  });
});
