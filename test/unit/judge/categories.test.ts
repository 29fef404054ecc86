import { describe, expect, it } from 'vitest';
import { budgetOf } from '../../../src/judge/budget.ts';
import { openJudgement } from '../../../src/judge/judge.ts';
import type { PolicyDocument } from '../../../src/policy/schema.ts';
import { type CategoryCounts, MOST_WORDS } from '../../../src/stats/answers/answer-counts.ts';
import type { Block } from '../../../src/stats/block.ts';
import { blockOf, lookRepeatedly, tallyOf } from '../../support/judge-blocks.ts';
import { judgePolicy } from '../../support/judge-policy.ts';

type Category = NonNullable<NonNullable<PolicyDocument['spec']['checks']>['categories']>[string];

const FROM = { json: '/choices/0/finish_reason' } as const;
const policyOf = (parts: Partial<Category> = {}) =>
  judgePolicy({
    checks: {
      errors: { parity: { relative: '25%', absolute: '1pp' } },
      latency: {
        p50: { rollback: '4.1%', parity: '27%' },
        p95: { rollback: '6.2%', parity: '43%' },
        p99: { rollback: '10.5%', parity: '61%' },
      },
      categories: { 'finish-reason': { from: FROM, worse: ['length', 'content_filter'], ...parts } },
    },
    judge: { block: '1s', minStep: '3s', warmUp: '0s' },
  });
const finishing = policyOf();

function judged(
  policy: ReturnType<typeof policyOf>,
  count: number,
  [stable, canary]: readonly [CategoryCounts, CategoryCounts],
  parts: Partial<Block> = {},
) {
  const make = (startedAt: number) =>
    blockOf({
      startedAt,
      stable: { ...tallyOf(900), categories: { 'finish-reason': stable } },
      canary: { ...tallyOf(100), categories: { 'finish-reason': canary } },
      ...parts,
    });
  const seen = lookRepeatedly(policy, openJudgement(policy), { from: 0, count }, make);
  const finding = seen.verdict.findings.find(({ check }) => check === 'category:finish-reason');
  return { ...seen, finding };
}

describe('words that are worse', () => {
  it('roll back where there are more of them than the margin, and are named', () => {
    const { verdict } = judged(finishing, 90, [
      { stop: 860, length: 40 },
      { stop: 85, length: 12, content_filter: 3 },
    ]);
    expect(verdict).toMatchObject({ name: 'harmful', worst: 'category:finish-reason' });
    expect(verdict.reason).toMatch(
      /^canary finish-reason length or content_filter 15 % against 4\.4 % \(margin 10 % \+ 2 pp; of other words it holds\), [\d,]+ against [\d,]+ of the answers in which finish-reason was looked for, of a sample of 10 %, in \d+ s; odds/,
    );
  });

  it('take their share of the budget before the first block, and only where there are any', () => {
    expect(budgetOf(finishing, 'category:finish-reason')).toBe(0.05);
    expect(budgetOf(policyOf({ worse: [] }), 'category:finish-reason')).toBe(0);
  });

  it('may be fewer', () => {
    const { verdict } = judged(finishing, 90, [
      { stop: 700, length: 200 },
      { stop: 95, length: 5 },
    ]);
    expect(verdict.name).toBe('undecided');
    expect(verdict.reason).toBe(
      'finish-reason: stop 95 % against 77.8 %, a shift of more than 10 % + 2 pp, which holds the canary',
    );
  });
});

describe('every other word', () => {
  it.each<[string, readonly [CategoryCounts, CategoryCounts], string]>([
    ['that is new', [{ stop: 900 }, { stop: 80, tool_calls: 20 }], 'tool_calls 20 % against 0 %'],
    [
      'that is gone',
      [
        { stop: 500, a: 200, tool_calls: 200 },
        { stop: 63, a: 37 },
      ],
      'tool_calls 0 % against 22.2 %',
    ],
    ['that is missing', [{ stop: 900 }, { stop: 60, '': 40 }], 'none given 40 % against 0 %'],
    [
      'with the name of what records have',
      [{ stop: 900 }, { stop: 70, constructor: 30 }],
      'constructor 30 % against 0 %',
    ],
  ])('%s holds', (_, words, says) => {
    const { verdict } = judged(finishing, 90, words);
    expect(verdict).toMatchObject({ name: 'undecided', hold: { cause: 'worse:category:finish-reason' } });
    expect(verdict.reason).toContain(says);
    expect(verdict.reason).toMatch(/, a shift of more than 10 % \+ 2 pp, which holds the canary$/);
  });

  it('is at parity where both have as much of it, which a promotion waits for', () => {
    const words = [
      { stop: 630, tool_calls: 234, length: 36 },
      { stop: 70, tool_calls: 26, length: 4 },
    ] as const;
    const few = [
      { stop: 14, tool_calls: 6 },
      { stop: 7, tool_calls: 3 },
    ] as const;
    const soon = judged(finishing, 6, few).verdict;
    expect(soon).toMatchObject({ name: 'undecided', worst: 'category:finish-reason' });
    expect(soon.reason).toMatch(
      /^finish-reason, its \S+: needs about [\d,]+ more canary requests, \d+ s at this traffic$/,
    );
    const { verdict, finding } = judged(finishing, 240, words);
    expect(verdict.name).toBe('at-parity');
    expect(finding?.says).toMatch(
      /^finish-reason: .+ [\d.]+ % against [\d.]+ %, inside the parity margin of 25 % or 5 pp$/,
    );
  });

  it('lets nothing be promoted where no answer was looked at', () => {
    const { verdict } = judged(finishing, 120, [{}, {}]);
    expect(verdict).toMatchObject({ name: 'undecided', worst: 'category:finish-reason', needs: null });
    expect(verdict.reason).toBe(
      'finish-reason: nothing to compare yet, it was looked for in none of 12,000 answers of the canary',
    );
  });

  it('is kept in bounds, whatever an upstream says', () => {
    const words = (version: string) =>
      Object.fromEntries(Array.from({ length: MOST_WORDS }, (_, at) => [`${version}${at}`, 5]));
    const { state, verdict } = judged(policyOf({ worse: [] }), 60, [words('a'), words('b')]);
    expect(state.checks.categories['finish-reason']?.words.map(({ word }) => word)).toEqual([
      ...Object.keys(words('a')),
      'other',
    ]);
    expect(verdict.reason).toMatch(/finish-reason: other 100 % against 0 %/);
    expect(JSON.parse(JSON.stringify(state.checks.categories))).toEqual(state.checks.categories);
  });
});

describe('words where keys are sticky', () => {
  const sticky = { assignment: 'by-key' } as const;

  it('hold when there are far more of the worse ones, and roll nothing back', () => {
    const { verdict } = judged(finishing, 90, [{ stop: 900 }, { stop: 50, length: 50 }], sticky);
    expect(verdict).toMatchObject({ name: 'undecided', hold: { cause: 'worse:category:finish-reason' } });
    expect(verdict.reason).toMatch(
      /length or content_filter 50 % against 0 %: far more, which holds the canary; keys are sticky/,
    );
  });

  it('only report a shift', () => {
    const { verdict, finding } = judged(
      finishing,
      90,
      [
        { stop: 860, length: 40 },
        { stop: 85, length: 15 },
      ],
      sticky,
    );
    expect(verdict.hold).toBeUndefined();
    expect(finding).toMatchObject({ logParity: null, budgetWeight: 0 });
  });
});
