import { describe, expect, it } from 'vitest';
import { diffPolicies, digestPolicy, policyYaml } from '../../../src/policy/digest.ts';
import { pinnedPolicy } from '../../../src/policy/pinned.ts';
import { readPolicy } from '../../../src/policy/read.ts';
import type { Policy } from '../../../src/policy/schema.ts';
import { oldForm } from '../../support/old-policy.ts';
import { policyOf } from '../../support/rollouts.ts';

const declared = policyOf({
  guards: { errors: '2%' },
  checks: {
    errors: { parity: { relative: '30%', absolute: '1pp' } },
    latency: { p50: { rollback: '5ms', parity: '10ms' } },
  },
  undecided: { after: '6h' },
});
const measured = policyOf({ checks: { latency: { dominance: { rollback: '10%' } } } });

describe('a pinned policy', () => {
  it.each([
    ['of today is as it was', declared, declared],
    ['of before is the same with its defaults', oldForm(declared), declared],
    ['of before with a margin of dominance is, too', oldForm(measured), measured],
  ])('%s', (_, stored, read) => {
    expect(pinnedPolicy(stored)).toEqual(read);
    expect(diffPolicies(pinnedPolicy(stored), read)).toEqual([]);
    expect(readPolicy(policyYaml(pinnedPolicy(stored)), 'p.yaml')).toMatchObject({ digest: digestPolicy(read) });
  });

  it('keeps what it declares, which no default replaces', () => {
    const queries = policyOf({
      checks: {
        queries: { cpu: { query: 'cpu{version="{{version}}"}', worse: 'higher', dryRun: true } },
        latency: { classic: { rollback: { relative: '40%', absolute: '3pp' } } },
      },
      guards: { p99: '800ms', dryRun: ['p99'] },
    });
    expect(pinnedPolicy(queries)).toEqual(queries);
  });

  it('gives checks that came later no share of a budget that was given already', () => {
    const weights = { errors: 0.36, dominance: 0.27, p50: 0.09, p95: 0.09, p99: 0.09, guards: 0.1 };
    const ofNow = policyOf({ judge: { weights } });
    const stored = { ...ofNow, spec: { ...ofNow.spec, judge: { ...ofNow.spec.judge, weights } } } as Policy;
    expect(pinnedPolicy(stored)).toEqual(ofNow);
    expect(pinnedPolicy(stored).spec.judge.weights).toEqual({
      ...weights,
      clientErrors: 0,
      kinds: 0,
      slices: 0,
      cold: 0,
    });
  });

  it('has no field that is optional and was not there', () => {
    const { checks, guards } = pinnedPolicy(oldForm(policyOf())).spec;
    expect([Object.keys(guards), 'dominance' in checks.latency]).toEqual([['dryRun'], false]);
  });

  it('of before lacks what the judge needs', () => {
    const { checks, guards }: Policy['spec'] = oldForm(declared).spec;
    expect([checks.queries, checks.latency.classic, guards.dryRun]).toEqual([undefined, undefined, undefined]);
  });
});
