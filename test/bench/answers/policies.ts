import type { SeenBy } from './faults.ts';

/** Every difference of a check rolls back where it may: what is shown is when it is found. */
const CHECKS: Readonly<Record<SeenBy, object>> = {
  responseShape: { responseShape: { sample: '100%', breaking: 'rollback' } },
  answers: { answers: { differences: 'rollback', requests: 200 } },
  logs: {
    logs: {
      newErrors: 'rollback',
      fields: 'rollback',
      calls: { new: 'rollback', lost: 'rollback', rate: { action: 'rollback' } },
    },
  },
  content: {
    errors: {
      when: [{ json: '/error', is: 'present' }],
      sample: '100%',
      content: { parity: { relative: '50%', absolute: '5pp' } },
    },
  },
};

/** A policy with these checks and stages, as a document. */
export function policyWith(name: string, seenBy: readonly SeenBy[], stages: object): object {
  const checks = Object.assign({}, ...seenBy.map((one) => CHECKS[one]));
  return {
    apiVersion: 'serin.dev/v1',
    kind: 'GraduationPolicy',
    metadata: { name },
    spec: {
      internal: { requests: 0 },
      bake: { dwell: '1s' },
      ...stages,
      checks: {
        // Both versions are on one busy machine, and how fast they are is not the question.
        latency: Object.fromEntries(['p50', 'p95', 'p99', 'dominance'].map((one) => [one, { dryRun: true }])),
        ...checks,
      },
      judge: { block: '1s', warmUp: '0s', minStep: '3s' },
    },
  };
}
