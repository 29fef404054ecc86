import { isRecord } from './is-record.ts';
import { type Policy, policySchema } from './schema.ts';

const { dryRun, onHarm, harm, checks, guards, judge } = policySchema.parse({
  apiVersion: 'serin.dev/v1',
  kind: 'GraduationPolicy',
  metadata: { name: 'defaults' },
  spec: {
    steps: [{ weight: '1%', dwell: '0s' }],
    checks: { latency: { dominance: {} } },
    // The budget was given to the checks of then: one that came later has the share that a policy gives it by leaving it out.
    judge: { weights: { errors: 1, p50: 0, p95: 0, p99: 0, guards: 0 } },
  },
}).spec;

/**
 * The policy that a rollout was started with, possibly by an older version: fields it did not know get their defaults.
 * The digest of the rollout stays that of the policy as it was.
 */
export function pinnedPolicy(stored: Policy): Policy {
  const { dominance, ...latency } = checks.latency;
  const isMeasured = stored.spec.checks.latency.dominance !== undefined;
  return filled(stored, {
    spec: {
      dryRun,
      onHarm,
      harm,
      checks: { ...checks, latency: isMeasured ? { ...latency, dominance } : latency },
      guards,
      judge: { weights: judge.weights },
    },
  }) as Policy;
}

/** Only missing fields are added: a present field was declared, or was a default when the policy was pinned. */
function filled(value: unknown, defaults: unknown): unknown {
  if (value === undefined) return defaults;
  if (!isRecord(value) || !isRecord(defaults)) return value;
  const added = Object.entries(defaults).map(([key, fallback]) => [key, filled(value[key], fallback)]);
  return { ...value, ...Object.fromEntries(added) };
}
