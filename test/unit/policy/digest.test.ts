import { describe, expect, it } from 'vitest';
import { canonicalJson, diffPolicies, digestPolicy, writePolicy } from '../../../src/policy/digest.ts';
import { type Policy, type PolicyDocument, policySchema } from '../../../src/policy/schema.ts';

function policy(spec: Partial<PolicyDocument['spec']> = {}): Policy {
  return policySchema.parse({
    apiVersion: 'serin.dev/v1',
    kind: 'GraduationPolicy',
    metadata: { name: 'p' },
    spec: {
      steps: [
        { weight: '1%', dwell: '24h' },
        { weight: '10%', dwell: '48h' },
      ],
      ...spec,
    },
  });
}

describe('canonicalJson', () => {
  it('orders keys at every depth and keeps the order of lists', () => {
    expect(canonicalJson({ b: [{ d: 1, c: 2 }, 3], a: null })).toBe('{"a":null,"b":[{"c":2,"d":1},3]}');
  });

  it('leaves out what is undefined', () => {
    expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}');
  });
});

describe('digestPolicy', () => {
  it('is the same for the same meaning, however it is spelt', () => {
    const spelt = policy({
      finalise: 'automatic',
      judge: { block: '5000ms' },
      steps: [
        { gates: [], dwell: '1d', weight: '1.00%' },
        { weight: '10%', dwell: '2d' },
      ],
    });
    expect(digestPolicy(spelt)).toBe(digestPolicy(policy()));
    expect(digestPolicy(policy())).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it('changes with any field', () => {
    const digests = [policy(), policy({ finalise: 'manual' }), policy({ judge: { alpha: 0.01 } })].map(digestPolicy);
    expect(new Set(digests).size).toBe(3);
  });

  it('survives a journey through JSON', () => {
    expect(digestPolicy(JSON.parse(JSON.stringify(policy())))).toBe(digestPolicy(policy()));
  });
});

describe('writePolicy', () => {
  it('gives a document that reads as the same policy', () => {
    const given = policy({
      guards: { errors: '2.5%', p99: '800ms' },
      undecided: { after: '6h' },
      checks: {
        latency: {
          p50: { rollback: '5ms', parity: { relative: '10.5%', absolute: '7ms' } },
          p95: { rollback: '0%', parity: '17.2%' },
          p99: { rollback: '1.5s', parity: '2s' },
        },
      },
    });
    const written = writePolicy(given);
    expect(policySchema.parse(written)).toEqual(given);
    expect(written.spec).toMatchObject({
      guards: { errors: '2.5%', p99: '800ms' },
      undecided: { after: '6h' },
      checks: { latency: { p50: { rollback: '5ms', parity: { relative: '10.5%', absolute: '7ms' } } } },
    });
  });
});

describe('diffPolicies', () => {
  it('says nothing of equal policies', () => {
    expect(diffPolicies(policy(), policy())).toEqual([]);
  });

  it('names each change in the words of the file', () => {
    const after = policy({
      steps: [
        { weight: '1%', dwell: '36h' },
        { weight: '20%', dwell: '48h', gates: ['load-test'] },
        { weight: '50%', dwell: '24h' },
      ],
      finalise: 'manual',
      guards: { p99: '800ms' },
      undecided: { after: '6h' },
    });
    expect(diffPolicies(policy(), after).map(({ path, before, after: now }) => [path, before, now])).toEqual([
      ['spec.steps[0].dwell', '1d', '36h'],
      ['spec.steps[1].weight', '10%', '20%'],
      ['spec.steps[1].gates[0]', null, 'load-test'],
      ['spec.steps[2]', null, '{"dwell":"1d","gates":[],"weight":"50%"}'],
      ['spec.finalise', 'automatic', 'manual'],
      ['spec.guards.p99', null, '800ms'],
      ['spec.undecided.after', '{"dwells":3}', '6h'],
    ]);
  });
});
