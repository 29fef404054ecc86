import { describe, expect, it } from 'vitest';
import { checkPolicy } from '../../../src/policy/check.ts';
import { formatPath } from '../../../src/policy/fault.ts';
import { type PolicyDocument, policySchema } from '../../../src/policy/schema.ts';

type Checks = NonNullable<PolicyDocument['spec']['checks']>;
type ValueDocument = NonNullable<Checks['values']>[string];

const QUERIES: ValueDocument = { from: { header: 'x-queries' }, worse: 'higher' };

function says(checks: Checks): string[] {
  const policy = policySchema.parse({
    apiVersion: 'serin.dev/v1',
    kind: 'GraduationPolicy',
    metadata: { name: 'p' },
    spec: { steps: [{ weight: '10%', dwell: '24h' }], checks },
  });
  return checkPolicy(policy).map(({ path, message }) => `${formatPath(path)}: ${message}`);
}

const saysOf = (parts: Partial<ValueDocument>) => says({ values: { queries: { ...QUERIES, ...parts } } });
const quantile = (parts: object) => ({ quantiles: { p50: parts } });
const AT = 'spec.checks.values.queries';

describe('values of answers', () => {
  it.each<[Partial<ValueDocument>, string[]]>([
    [{}, []],
    [{ worse: 'both' }, []],
    [quantile({ rollback: { absolute: 1 }, parity: { absolute: 2 } }), []],
    [
      quantile({ rollback: { relative: '30%' } }),
      [`${AT}.quantiles.p50.parity: parity margin must be at least the rollback margin: 26.9% against 30%`],
    ],
    [
      quantile({ rollback: { absolute: 3 }, parity: { absolute: 2 } }),
      [`${AT}.quantiles.p50.parity: parity margin must be at least the rollback margin: 2 against 3`],
    ],
    [
      quantile({ rollback: {}, parity: { relative: '1%' } }),
      [
        `${AT}.quantiles.p50.parity: parity must be at least 2%, or above 0 in the unit of the value, or it can never be shown: 1%`,
      ],
    ],
    [
      { worse: 'lower', ...quantile({ rollback: { relative: '100%' }, parity: { relative: '120%' } }) },
      [
        `${AT}.quantiles.p50.rollback.relative: relative must be below 100% where lower values are worse, or none ever would be: 100%`,
        `${AT}.quantiles.p50.parity.relative: relative must be below 100% where lower values are worse, or none ever would be: 120%`,
      ],
    ],
    [
      { missing: { parity: { relative: '0%', absolute: '0pp' } } },
      [`${AT}.missing.parity: parity must allow some difference, or it can never be shown`],
    ],
    [
      { missing: { rollback: { relative: '50%', absolute: '5pp' }, parity: { relative: '100%', absolute: '5pp' } } },
      [
        `${AT}.missing.parity: parity margin must be at least the rollback margin: at 5% answers without it the larger of 100% and 5pp is less than 50% plus 5pp`,
      ],
    ],
  ])('%j', (parts, faults) => {
    expect(saysOf(parts)).toEqual(faults);
  });

  it.each([
    ['values', { from: { posted: true }, worse: 'lower' }, []],
    [
      'values',
      { from: { posted: false }, worse: 'lower' },
      ['must be one of header, trailer, serverTiming, json, lastEvent, body and posted'],
    ],
    [
      'categories',
      { from: { posted: true } },
      ['must be one of header, trailer, serverTiming, json, lastEvent and body'],
    ],
  ])('may be posted from outside, and words may not: %s %j', (kind, declared, faults) => {
    const checks = policySchema.shape.spec.shape.checks;
    const read = checks.safeParse({ [kind]: { tone: declared } });
    expect(read.error?.issues.map(({ message }) => message) ?? []).toEqual(faults);
  });

  it('leave the other checks a share of the budget', () => {
    const heavy = { ...QUERIES, weight: 0.6 };
    expect(says({ values: { a: heavy, b: heavy } })).toEqual([
      'spec.checks.values: weights of what answers carry must sum to less than 1, or no other check could: they sum to 1.2, and one that says no weight has 0.05',
    ]);
    expect(says({ values: { a: heavy, b: { ...heavy, dryRun: true } } })).toEqual([]);
    expect(
      says({ values: { a: heavy }, streams: { gap: { weight: 0.2 }, rate: { weight: 0.2 } }, size: { weight: 0.5 } }),
    ).toHaveLength(1);
  });

  it('are enough to promote by, alone', () => {
    const off = { dryRun: true };
    const reported = { errors: off, clientErrors: off, latency: { p50: off, p95: off, p99: off } };
    expect(says(reported)).toHaveLength(1);
    expect(says({ ...reported, values: { queries: { ...QUERIES, dryRun: true } } })).toHaveLength(1);
    expect(says({ ...reported, values: { queries: QUERIES } })).toEqual([]);
    expect(says({ ...reported, streams: {} })).toEqual([]);
  });
});
