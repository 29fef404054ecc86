import { type Policy, type PolicyDocument, policySchema } from '../../src/policy/schema.ts';

/** Shares of the budget in round figures, and none for checks that get theirs from nothing but the default. */
export const ROUND_WEIGHTS = { errors: 0.36, dominance: 0.27, p50: 0.09, p95: 0.09, p99: 0.09, guards: 0.1 };

/** A policy for judging: the defaults, with parts of the spec replaced, and no warm-up where the test does not ask for one. */
export function judgePolicy(spec: Partial<PolicyDocument['spec']> = {}): Policy {
  return policySchema.parse({
    apiVersion: 'serin.dev/v1',
    kind: 'GraduationPolicy',
    metadata: { name: 'judged' },
    spec: {
      steps: [
        { weight: '10%', dwell: '1m' },
        { weight: '25%', dwell: '1m' },
        { weight: '50%', dwell: '1m' },
      ],
      ...spec,
      judge: { warmUp: '0s', ...spec.judge },
    },
  });
}

/** Blocks of a second and wide margins: what fits into a minute at some hundred requests a second. */
export function briskPolicy(reference = '5m'): Policy {
  return judgePolicy({
    checks: {
      errors: { parity: { relative: '25%', absolute: '1pp' } },
      latency: {
        p50: { rollback: '4.1%', parity: '27%' },
        p95: { rollback: '6.2%', parity: '43%' },
        p99: { rollback: '10.5%', parity: '61%' },
      },
    },
    judge: { block: '1s', minStep: '3s', warmUp: '0s', reference },
  });
}
