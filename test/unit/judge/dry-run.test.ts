import { describe, expect, it } from 'vitest';
import { budgetOf, stakesOf } from '../../../src/judge/budget.ts';
import { openJudgement } from '../../../src/judge/judge.ts';
import type { CheckName } from '../../../src/judge/verdict.ts';
import { isDryRun } from '../../../src/parity/each-check.ts';
import type { Policy, PolicyDocument } from '../../../src/policy/schema.ts';
import { lookRepeatedly, tallyOf } from '../../support/judge-blocks.ts';
import { ROUND_WEIGHTS } from '../../support/judge-policy.ts';
import { classicTally } from '../../support/prometheus-tallies.ts';
import { pointAt, queryPolicy, valued } from '../../support/query-policy.ts';

type Spec = PolicyDocument['spec'];
const WIDE = {
  p50: { rollback: '4.1%', parity: '27%' },
  p95: { rollback: '6.2%', parity: '43%' },
  p99: { rollback: '10.5%', parity: '61%' },
} as const;
const LATENCY_REPORTED = {
  p50: { ...WIDE.p50, dryRun: true },
  p95: { ...WIDE.p95, dryRun: true },
  p99: { ...WIDE.p99, dryRun: true },
  dominance: { dryRun: true },
} as const;
const CLASSIC = { parity: { relative: '60%', absolute: '2pp' } } as const;
const ERRORS = { parity: { relative: '25%', absolute: '1pp' } } as const;

const failing = (startedAt: number) => valued(startedAt, pointAt(startedAt), { canary: tallyOf(100, { errors: 30 }) });
const slow = (startedAt: number) => valued(startedAt, pointAt(startedAt), { canary: tallyOf(100, { medianMs: 60 }) });
/** As many answers above each boundary as the stable's share, but for 50 ms. */
const SLOW_BEYOND_50 =
  classicTally(100).slower?.above.map(({ ms, count }) => ({ ms, count: ms === 50 ? 25 : count })) ?? [];
const refusing = (startedAt: number) =>
  valued(startedAt, pointAt(startedAt), { canary: tallyOf(100, { clientErrors: 60 }) });
const busy = (startedAt: number) => valued(startedAt, pointAt(startedAt, 3));
const slowInBuckets = (startedAt: number) =>
  valued(startedAt, pointAt(startedAt), { stable: classicTally(900), canary: classicTally(100, { medianMs: 60 }) });
const mute = (startedAt: number) => valued(startedAt, { stable: null, canary: null });

function verdictOf(policy: Policy, make: typeof failing, count = 100) {
  return lookRepeatedly(policy, openJudgement(policy), { from: 0, count }, make).verdict;
}

const kinds: readonly [string, readonly CheckName[], Policy, typeof failing, string][] = [
  ['errors', ['errors', 'unanswered'], queryPolicy({}, { errors: { ...ERRORS, dryRun: true } }), failing, 'harmful'],
  ['4xx', ['clientErrors'], queryPolicy({}, { clientErrors: { dryRun: true } }), refusing, 'harmful'],
  ['latency', ['p50', 'p95', 'p99', 'dominance'], queryPolicy({}, { latency: LATENCY_REPORTED }), slow, 'harmful'],
  [
    'latency in classic buckets',
    ['slower:25', 'slower:50', 'slower:100'],
    queryPolicy({}, { latency: { ...WIDE, classic: { ...CLASSIC, dryRun: true } } }),
    slowInBuckets,
    'harmful',
  ],
  ['a query that holds', ['query:cpu'], queryPolicy({ dryRun: true }), busy, 'undecided'],
  ['a query that rolls back', ['query:cpu'], queryPolicy({ dryRun: true, action: 'rollback' }), busy, 'harmful'],
  ['a missing query', ['query:cpu'], queryPolicy({ dryRun: true }), mute, 'blind'],
];

describe('a check that reports only', () => {
  it.each(kinds)(
    '%s: shows its evidence, and takes no part in harm, hold or parity',
    (_, names, policy, make, otherwise) => {
      const { latency, errors, clientErrors, queries } = policy.spec.checks;
      const judged = (check: { dryRun: boolean }) => ({ ...check, dryRun: false });
      const counted: Policy = {
        ...policy,
        spec: {
          ...policy.spec,
          checks: {
            errors: { ...errors, dryRun: false },
            clientErrors: { ...clientErrors, dryRun: false },
            slices: { dryRun: false },
            empty: policy.spec.checks.empty,
            kinds: policy.spec.checks.kinds,
            latency: {
              p50: { ...latency.p50, dryRun: false },
              p95: { ...latency.p95, dryRun: false },
              p99: { ...latency.p99, dryRun: false },
              quantiles: {},
              classic: { ...latency.classic, dryRun: false },
            },
            values: {},
            categories: {},
            queries: Object.fromEntries(
              Object.entries(queries).map(([name, query]) => [name, { ...query, ...judged(query) }]),
            ),
          },
        },
      };
      expect(verdictOf(counted, make).name).toBe(otherwise);
      const verdict = verdictOf(policy, make);
      expect(verdict.name).toBe('at-parity');
      for (const name of names) {
        const finding = verdict.findings.find(({ check }) => check === name);
        expect(finding).toMatchObject({ dryRun: true, budgetWeight: 0 });
        expect(finding?.says).toMatch(/ \(report only\)$/);
        expect(verdict.reason).not.toContain(`${name} within`);
      }
    },
  );

  it('keeps the evidence that it reports', () => {
    const [, , policy] = kinds[0] ?? [];
    if (policy === undefined) throw new Error('there is a first kind');
    const finding = verdictOf(policy, failing).findings.find(({ check }) => check === 'errors');
    expect(finding?.logHarm).toBeGreaterThan(Math.log(1_000));
    expect(finding?.logParity).toBeLessThan(0);
  });

  it('is one boundary of several where a person skips it, and the others go on', () => {
    const policy = queryPolicy({}, { latency: { ...WIDE, classic: CLASSIC } });
    const slowBeyond50 = (startedAt: number) => ({
      ...slowInBuckets(startedAt),
      canary: { ...classicTally(100), slower: { answers: 100, above: SLOW_BEYOND_50 } },
    });
    const seen = (skippedChecks: readonly CheckName[]) =>
      lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 100 }, slowBeyond50, { skippedChecks }).verdict;
    expect(seen([])).toMatchObject({ name: 'harmful', worst: 'slower:50' });
    const { name, findings } = seen(['slower:50']);
    expect([name, findings.map(({ check }) => check)]).toEqual([
      'at-parity',
      expect.not.arrayContaining(['slower:50']) as unknown,
    ]);
    expect(findings.map(({ check }) => check)).toEqual(expect.arrayContaining(['slower:25', 'slower:100']));
  });

  it('is of guards, too: one may report while the other rolls back', () => {
    const guards = (dryRun: ('errors' | 'p99')[]): Partial<Spec> => ({
      guards: { errors: '2%', p99: '800ms', dryRun },
      judge: { weights: ROUND_WEIGHTS },
    });
    const reported = queryPolicy({}, { errors: { ...ERRORS, dryRun: true } }, guards(['errors']));
    expect(verdictOf(reported, failing).name).toBe('at-parity');
    const rest = queryPolicy({}, { errors: { ...ERRORS, dryRun: true } }, guards(['p99']));
    expect(verdictOf(rest, failing)).toMatchObject({ name: 'harmful', worst: 'guard:errors' });
    expect(budgetOf(rest, 'guard:errors')).toBeCloseTo(0.1 / 0.64, 12);
    expect(budgetOf(rest, 'guard:p99')).toBe(0);
  });

  it('gives its share of the budget back in proportion', () => {
    for (const [, names, policy] of kinds) {
      const stakes = stakesOf(policy, openJudgement(policy), []);
      expect(stakes.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
      expect(stakes.map(({ check }) => check)).not.toEqual(expect.arrayContaining([...names]));
    }
    const policy = queryPolicy({}, { latency: LATENCY_REPORTED });
    expect(budgetOf(policy, 'errors')).toBeGreaterThan(budgetOf(queryPolicy(), 'errors'));
    expect(budgetOf(policy, 'errors') / budgetOf(policy, 'unanswered')).toBeCloseTo(7, 12);
    expect(isDryRun(policy, 'guard:p99')).toBe(false);
  });

  it('is every check and guard with spec.dryRun: nothing is rolled back, held, promoted or blind for lack of a value', () => {
    const policy = queryPolicy({ action: 'rollback' }, {}, { dryRun: true, guards: { errors: '2%' } });
    const says = 'spec.dryRun is set, so every check reports only: a person ends this step';
    for (const make of [failing, slow, refusing, busy, mute, slowInBuckets]) {
      const verdict = verdictOf(policy, make);
      expect(verdict).toMatchObject({ name: 'undecided', reason: expect.stringContaining(says), logEvidence: 0 });
      expect(verdict.findings.every(({ dryRun, budgetWeight }) => dryRun === true && budgetWeight === 0)).toBe(true);
    }
    expect(verdictOf(policy, failing).reason).toMatch(
      /^would have rolled back: canary .*; odds of a false alarm < 1 in 1,000; spec\.dryRun is set/,
    );
    expect(verdictOf(policy, busy).reason).toMatch(/^would have rolled back: canary query cpu /);
    expect(verdictOf(policy, refusing).reason).not.toMatch(/^would have rolled back: canary errors/);
    expect(verdictOf(policy, failing).findings.find(({ check }) => check === 'errors')?.logHarm).toBeGreaterThan(20);
    expect(stakesOf(policy, openJudgement(policy), [])).toEqual([]);
  });

  it('gathers with spec.dryRun what it would gather without, and says nothing of a canary that is well', () => {
    const make = (dryRun: boolean) => queryPolicy({}, {}, { dryRun });
    const harm = (dryRun: boolean, count: number) =>
      verdictOf(make(dryRun), failing, count).findings.find(({ check }) => check === 'errors')?.logHarm;
    expect(harm(true, 2)).toBe(harm(false, 2));
    expect(harm(true, 2)).toBeGreaterThan(0);
    expect(verdictOf(make(true), failing, 2).reason).toMatch(/^spec\.dryRun is set/);
    expect(verdictOf(make(true), (startedAt) => valued(startedAt, pointAt(startedAt))).reason).toMatch(
      /^spec\.dryRun is set/,
    );
  });

  it('promotes nothing where nothing else is left to show parity', () => {
    const policy = queryPolicy(
      { dryRun: true },
      { errors: { ...ERRORS, dryRun: true }, clientErrors: { dryRun: true }, latency: LATENCY_REPORTED },
    );
    const verdict = verdictOf(policy, (startedAt) => valued(startedAt, pointAt(startedAt)));
    expect(verdict).toMatchObject({
      name: 'undecided',
      reason: 'every check that could show parity is skipped or reports only: a person ends this step',
    });
  });
});
