import { describe, expect, it } from 'vitest';
import { checkPolicy } from '../../../src/policy/check.ts';
import { formatPath } from '../../../src/policy/fault.ts';
import { readPolicy } from '../../../src/policy/read.ts';
import { type PolicyDocument, policySchema } from '../../../src/policy/schema.ts';
import type { QueryDocument } from '../../support/query-policy.ts';

type Spec = Partial<PolicyDocument['spec']>;
const CPU: QueryDocument = { query: 'cpu', worse: 'higher' };
const ARMS = 'values of arms of different sizes differ where the versions do not';

function says(spec: Spec): string[] {
  const policy = policySchema.parse({
    apiVersion: 'serin.dev/v1',
    kind: 'GraduationPolicy',
    metadata: { name: 'p' },
    spec: { steps: [{ weight: '10%', dwell: '24h' }], ...spec },
  });
  return checkPolicy(policy).map(({ path, message }) => `${formatPath(path)}: ${message}`);
}

const saysOf = (cpu: Partial<QueryDocument>) => says({ checks: { queries: { cpu: { ...CPU, ...cpu } } } });
const reported = (clientErrors: object, queries: Record<string, QueryDocument> = {}): Spec => ({
  checks: {
    errors: { dryRun: true },
    clientErrors,
    latency: {
      p50: { rollback: '4.1%', parity: '10.5%', dryRun: true },
      p95: { rollback: '6.2%', parity: '17.2%', dryRun: true },
      p99: { rollback: '10.5%', parity: '26.9%', dryRun: true },
    },
    queries,
  },
});

describe('query checks', () => {
  it.each<[Partial<QueryDocument>, string[]]>([
    [{}, []],
    [{ action: 'rollback', comparable: true }, []],
    [{ action: 'rollback', limit: 0.9 }, []],
    [
      { action: 'rollback' },
      [`spec.checks.queries.cpu.action: action rollback takes comparable: true, or a limit: ${ARMS}`],
    ],
    [{ worse: 'both' }, []],
    [
      { worse: 'both', limit: 3 },
      ['spec.checks.queries.cpu.limit: limit takes worse: higher or lower, or nobody can tell which side of it is bad'],
    ],
    [{ interval: '5s' }, []],
    [{ interval: '4s' }, ['spec.checks.queries.cpu.interval: interval must be at least judge.block: 4s against 5s']],
    [
      { comparable: true, parity: { relative: '4%' } },
      ['spec.checks.queries.cpu.parity.relative: parity margin must be at least the rollback margin: 4% against 5%'],
    ],
    [
      { comparable: true, rollback: { absolute: 3 }, parity: { absolute: 2 } },
      ['spec.checks.queries.cpu.parity.absolute: parity margin must be at least the rollback margin: 2 against 3'],
    ],
    [
      { comparable: true, rollback: {}, parity: {} },
      ['spec.checks.queries.cpu.parity: parity must allow some difference, or it can never be shown'],
    ],
    [{ comparable: false, rollback: { absolute: 3 }, parity: { absolute: 2 } }, []],
  ])('%j', (cpu, expected) => {
    expect(saysOf(cpu)).toEqual(expected);
  });

  it.each<[string, QueryDocument['worse'], boolean, number]>([
    ['histogram_quantile(0.99, sum by (le) (x))', 'lower', false, 1],
    ['histogram_quantile(0.99, sum by (le) (x))', 'both', false, 1],
    ['quantile by (pod) (0.9, x)', 'lower', false, 1],
    ['max(quantile_over_time( .95, x[5m]))', 'lower', false, 1],
    ['histogram_quantile(0.99, sum by (le) (x))', 'higher', false, 0],
    ['histogram_quantile(0.99, sum by (le) (x))', 'lower', true, 0],
    ['histogram_quantile(0.5, sum by (le) (x))', 'lower', false, 0],
    ['my_quantile_total', 'lower', false, 0],
  ])('%s, worse %s, comparable %s', (query, worse, comparable, faults) => {
    expect(saysOf({ query, worse, comparable })).toHaveLength(faults);
    if (faults > 0) expect(saysOf({ query, worse, comparable })[0]).toContain('it is lower on the smaller arm');
  });

  it('leave the other checks a share of alpha, those apart that never roll back', () => {
    const half: QueryDocument = { ...CPU, comparable: true, action: 'rollback', weight: 0.5 };
    expect(says({ checks: { queries: { a: half } } })).toEqual([]);
    expect(
      says({ checks: { queries: { a: half, b: { ...half, dryRun: true }, c: { ...half, action: 'hold' } } } }),
    ).toEqual([]);
    expect(says({ checks: { queries: { a: half, b: half } } })).toEqual([
      'spec.checks.queries: weights of queries that roll back must sum to less than 1, or no other check could: they sum to 1, and one that says no weight has 0.05',
    ]);
    const beside = { latency: { quantiles: { p90: { weight: 0.5 } } }, queries: { a: half } };
    expect(says({ checks: beside })).toEqual([
      'spec.checks.queries: weights of queries that roll back, and of named quantiles must sum to less than 1, or no other check could: they sum to 1, and one that says no weight has 0.05',
    ]);
    const probed = { probes: { every: '1m', weight: 0.6 }, latency: { quantiles: { p90: { weight: 0.4 } } } };
    expect(says({ checks: probed })).toEqual([
      'spec.checks.probes: weights of named quantiles, and of probes must sum to less than 1, or no other check could: they sum to 1, and one that says no weight has 0.05',
    ]);
    expect(says({ checks: { ...probed, probes: { ...probed.probes, dryRun: true } } })).toEqual([]);
  });

  it('say where in the text they are wrong, beside what is wrong with single fields', () => {
    const reading = readPolicy(
      `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: p }
spec:
  steps: [{ weight: 10%, dwell: 24h }]
  checks:
    queries:
      cpu: { query: a, worse: upwards }
      queue:
        query: b
        worse: both
        limit: 40
`,
      'p.yaml',
    );
    expect(
      reading.ok ? [] : reading.issues.map(({ message, place }) => `${place?.line}:${place?.column} ${message}`),
    ).toEqual([
      '8:31 worse must be higher, lower or both',
      '12:9 limit takes worse: higher or lower, or nobody can tell which side of it is bad',
    ]);
  });
});

describe('what is reported only', () => {
  const NOTHING_LEFT =
    'spec.checks: checks must have one that is more than a dryRun and can show parity, or nothing could be promoted; spec.dryRun: true says that a person ends each step';

  it('is not everything that a promotion could wait for', () => {
    expect(says(reported({}))).toEqual([]);
    expect(says(reported({ dryRun: true }))).toEqual([NOTHING_LEFT]);
    expect(says(reported({ dryRun: true }, { cpu: CPU }))).toEqual([NOTHING_LEFT]);
    expect(says(reported({ dryRun: true }, { cpu: { ...CPU, comparable: true } }))).toEqual([]);
    expect(says(reported({ dryRun: true }, { cpu: { ...CPU, comparable: true, dryRun: true } }))).toEqual([
      NOTHING_LEFT,
    ]);
  });

  it('is, of guards, one that has a limit', () => {
    expect(says({ guards: { errors: '2%', dryRun: ['errors'] } })).toEqual([]);
    expect(says({ guards: { errors: '2%', dryRun: ['p99'] } })).toEqual([
      'spec.guards.dryRun[0]: guards has no limit for p99',
    ]);
  });

  it('needs no share of the budget', () => {
    const weights = { errors: 0.5, p50: 0.1, p95: 0.1, p99: 0.1, guards: 0 };
    expect(says({ guards: { errors: '2%', dryRun: ['errors'] }, judge: { weights } })).toEqual([]);
    expect(says({ guards: { errors: '2%' }, judge: { weights } })).toHaveLength(1);
  });

  it('may be the whole distribution, which needs no margin for it', () => {
    const latency = policySchema.shape.spec.shape.checks.parse({ latency: { dominance: { dryRun: true } } }).latency;
    expect(latency.dominance).toEqual({ dryRun: true, until: 'head' });
  });
});
