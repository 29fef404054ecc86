import { describe, expect, it } from 'vitest';
import { budgetOf, stakesOf } from '../../../src/judge/budget.ts';
import { openJudgement } from '../../../src/judge/judge.ts';
import type { PolicyDocument } from '../../../src/policy/schema.ts';
import type { ValueCounts } from '../../../src/stats/answers/answer-counts.ts';
import type { Block } from '../../../src/stats/block.ts';
import { carrying, countsOfValues, spread } from '../../support/carried-values.ts';
import { blockOf, lookRepeatedly, tallyOf } from '../../support/judge-blocks.ts';
import { judgePolicy } from '../../support/judge-policy.ts';

const REPORTED = { dryRun: true } as const;
const QUERIES = { from: { serverTiming: 'db' }, worse: 'higher', unit: 'queries' } as const;

/** Only values count. */
function policyWith(checks: PolicyDocument['spec']['checks']) {
  return judgePolicy({
    checks: {
      errors: { parity: { relative: '25%', absolute: '1pp' } },
      latency: { p50: REPORTED, p95: REPORTED, p99: REPORTED, dominance: REPORTED, classic: REPORTED },
      ...checks,
    },
    judge: { block: '1s', minStep: '3s', warmUp: '0s' },
  });
}

const same = (count: number, number: number) => Array.from({ length: count }, () => number);
const few = (count: number) => Array.from({ length: count }, (_, at) => 3 + (at % 3));

function blockWith(name: string, stable: ValueCounts, canary: ValueCounts) {
  return (startedAt: number): Block =>
    blockOf({
      startedAt,
      stable: carrying(tallyOf(900, { errors: 2, clientErrors: 9 }), { [name]: stable }),
      canary: carrying(tallyOf(100, { clientErrors: 1 }), { [name]: canary }),
    });
}

function verdictOf(policy: ReturnType<typeof policyWith>, make: (startedAt: number) => Block, count = 60) {
  return lookRepeatedly(policy, openJudgement(policy), { from: 0, count }, make);
}

describe('a value that answers carry', () => {
  const policy = policyWith({ values: { queries: QUERIES } });

  it('is at parity where it is the same, by every quantile', () => {
    const { verdict } = verdictOf(policy, blockWith('queries', countsOfValues(few(889)), countsOfValues(few(99))));
    expect(verdict.reason).toContain('queries p50 within 26.8 %, queries p95 within 26.8 %, answers without queries');
    expect(verdict.name).toBe('at-parity');
  });

  it('is at parity where it is the same single number', () => {
    const { verdict } = verdictOf(
      policy,
      blockWith('queries', countsOfValues(same(889, 4)), countsOfValues(same(99, 4))),
    );
    expect(verdict.name).toBe('at-parity');
  });

  it('rolls back from 4 to 9', () => {
    const make = blockWith('queries', countsOfValues(same(889, 4)), countsOfValues(same(99, 9)));
    const { verdict, state } = verdictOf(policy, make);
    expect(verdict.name).toBe('harmful');
    expect(verdict.reason).toMatch(/queries p\d\d 9 against 4 \(margin 10.4 %\), /);
    expect(stakesOf(policy, state, []).reduce((sum, { weight }) => sum + weight, 0)).toBeLessThanOrEqual(1 + 1e-12);
  });

  it('waits for more answers before it calls the values of the stable too much alike', () => {
    const says = (stable: readonly number[], count: number) => {
      const make = blockWith('queries', countsOfValues(stable), countsOfValues(stable.slice(0, 99)));
      const { verdict } = verdictOf(policy, make, count);
      return verdict.findings.find(({ check }) => check === 'value:queries.dominance')?.says;
    };
    const label = 'queries over the whole distribution';
    expect(says(few(240), 2)).toMatch(
      new RegExp(`^${label}: waits for about \\d+ more answers of the stable that carry it$`),
    );
    expect(says(same(889, 4), 20)).toBe(
      `${label}: the values of the stable are too much alike to compare their distribution`,
    );
  });

  it('divides its share among its tests', () => {
    for (const test of ['p50', 'p95', 'dominance', 'missing']) {
      expect(budgetOf(policy, `value:queries.${test}`)).toBeCloseTo(0.05 / 4, 12);
    }
  });

  it('rolls back where answers stop to carry it', () => {
    const make = blockWith('queries', countsOfValues(few(889)), countsOfValues([], 99));
    const { verdict } = verdictOf(policy, make);
    expect(verdict).toMatchObject({ name: 'harmful', worst: 'value:queries.missing' });
    expect(verdict.reason).toMatch(/^canary answers without queries 100 % against 0 % \(margin 50 % \+ 5 pp\), /);
  });

  it('waits where nobody carries it, and says so', () => {
    const { verdict } = verdictOf(policy, blockWith('queries', countsOfValues([], 889), countsOfValues([], 99)));
    expect(verdict.name).toBe('undecided');
    expect(verdict.reason).toContain('none of 53,340 has carried a number of queries');
  });

  it('waits where nothing looks for it', () => {
    const { verdict } = verdictOf(policy, (startedAt) => blockOf({ startedAt }));
    expect(verdict.name).toBe('undecided');
    expect(verdict.reason).toContain('none of its 54,000 requests had an answer in which it is looked for');
  });
});

describe('a value that is posted', () => {
  const policy = policyWith({ values: { score: { from: { posted: true }, worse: 'lower' } } });
  const judged = (canary: number) =>
    blockWith('score', countsOfValues(same(50, 0.8)), countsOfValues(same(20, canary)));

  it('is compared where few answers have one, and none is missing', () => {
    const { verdict } = verdictOf(policy, judged(0.5));
    expect(verdict.name).toBe('harmful');
    expect(verdict.reason).toMatch(/^canary score p\d\d 0\.5 against 0\.8 \(margin 9\.4 %\), /);
    const names = verdict.findings.map(({ check }) => check).filter((check) => check.startsWith('value:'));
    expect(names).toEqual(['value:score.p50', 'value:score.p95', 'value:score.dominance']);
    expect(budgetOf(policy, 'value:score.p50')).toBeCloseTo(0.05 / 3, 12);
  });

  it('is at parity where it is alike', () => {
    expect(verdictOf(policy, judged(0.8)).verdict.name).toBe('at-parity');
  });

  it('is waited for where nobody posts any, which is said', () => {
    const { verdict } = verdictOf(policy, (startedAt) => blockOf({ startedAt }));
    expect(verdict.name).toBe('undecided');
    expect(verdict.reason).toContain(
      'more answers of the stable for which it is posted: nothing has been posted for any of its 54,000 requests',
    );
  });
});

describe('a value of which less is worse', () => {
  const policy = policyWith({ values: { rate: { from: { header: 'x-rate' }, worse: 'lower' } } });

  it('rolls back when it falls, and not when it rises', () => {
    const stable = countsOfValues(spread(889, 40));
    const falls = verdictOf(policy, blockWith('rate', stable, countsOfValues(spread(99, 28)))).verdict;
    expect(falls.name).toBe('harmful');
    expect(falls.reason).toMatch(/rate p\d\d \S+ against \S+ \(margin 9.4 %/);
    expect(verdictOf(policy, blockWith('rate', stable, countsOfValues(spread(99, 60)))).verdict.name).toBe('at-parity');
    expect(verdictOf(policy, blockWith('rate', stable, countsOfValues(spread(99, 40)))).verdict.name).toBe('at-parity');
  });
});

describe('the size of answers', () => {
  const policy = policyWith({ size: { dryRun: false } });

  it.each([
    ['half as large', 500, /canary .*size p\d\d \S+ B against \S+ B|kB/],
    ['twice as large', 2_000, /canary .*size p\d\d 2/],
  ])('rolls back what is %s', (_, median, sentence) => {
    const { verdict } = verdictOf(
      policy,
      blockWith('size', countsOfValues(spread(889, 1_000)), countsOfValues(spread(99, median))),
    );
    expect(verdict.name).toBe('harmful');
    expect(verdict.reason).toMatch(sentence);
  });

  it('is at parity where it is the same', () => {
    const make = blockWith('size', countsOfValues(spread(889, 1_000)), countsOfValues(spread(99, 1_000)));
    expect(verdictOf(policy, make).verdict.name).toBe('at-parity');
  });

  it('only reports by default', () => {
    const make = blockWith('size', countsOfValues(spread(889, 1_000)), countsOfValues(spread(99, 100)));
    const { verdict } = verdictOf(policyWith({ size: {} }), make);
    expect(verdict.name).toBe('at-parity');
    expect(verdict.findings.find(({ check }) => check === 'size.p50')).toMatchObject({
      dryRun: true,
      unit: 'value',
      in: 'bytes',
    });
  });
});

describe('the time that the body of a request takes', () => {
  const make = (median: number) =>
    blockWith('upload', countsOfValues(spread(889, 200)), countsOfValues(spread(99, median)));

  it('rolls back what reads it slowly, where the policy says so', () => {
    const { verdict } = verdictOf(policyWith({ upload: { dryRun: false } }), make(400));
    expect(verdict.name).toBe('harmful');
    expect(verdict.reason).toMatch(/time to send a body p\d\d/);
    expect(verdictOf(policyWith({ upload: { dryRun: false } }), make(100)).verdict.name).toBe('at-parity');
  });

  it('only reports by default', () => {
    const { verdict } = verdictOf(policyWith({ upload: {} }), make(400));
    expect(verdict.name).toBe('at-parity');
    expect(verdict.findings.find(({ check }) => check === 'upload.p50')).toMatchObject({ dryRun: true });
  });
});

describe('event streams', () => {
  it('roll back for a first event that is late, and for fewer events a second', () => {
    const policy = policyWith({ streams: {} });
    const good = {
      'first-event': countsOfValues(spread(200, 100)),
      gap: countsOfValues(spread(200, 30)),
      'event-rate': countsOfValues(spread(200, 40)),
    };
    const make = (canary: typeof good) => (startedAt: number) =>
      blockOf({ startedAt, stable: carrying(tallyOf(900), good), canary: carrying(tallyOf(100), canary) });
    const ofCanary = (first: number, rate: number) => ({
      'first-event': countsOfValues(spread(50, first)),
      gap: countsOfValues(spread(50, 30)),
      'event-rate': countsOfValues(spread(50, rate)),
    });
    expect(verdictOf(policy, make(ofCanary(100, 40))).verdict.name).toBe('at-parity');
    const late = verdictOf(policy, make(ofCanary(200, 40))).verdict;
    expect(late.reason).toMatch(/time to the first event p\d\d \d+ ms against \d+ ms/);
    expect(late.name).toBe('harmful');
    const slow = verdictOf(policy, make(ofCanary(100, 20))).verdict;
    expect(slow.reason).toMatch(/events per second p\d\d/);
    expect(slow.name).toBe('harmful');
  });
});

describe('sticky keys', () => {
  it('leave values to be told, and never roll back for them', () => {
    const policy = policyWith({ values: { queries: QUERIES } });
    const make = blockWith('queries', countsOfValues(same(889, 4)), countsOfValues(same(60, 9), 39));
    const { verdict } = verdictOf(policy, (startedAt) => ({ ...make(startedAt), assignment: 'by-key' }));
    expect(['undecided', 'blind']).toContain(verdict.name);
    const told = verdict.findings.filter(({ check }) => check.startsWith('value:'));
    expect(told.map(({ logHarm, logParity }) => [logHarm, logParity])).toEqual(told.map(() => [0, null]));
    expect(told[0]?.says).toBe(
      'queries p50: 9 against 4 over all requests; it only reports, because keys are sticky: ' +
        'the versions have users of their own, and those alone may make it differ',
    );
  });
});
