import type { Policy } from '../../src/policy/schema.ts';

const NEW_FIELDS = new Set(['dryRun', 'queries', 'classic']);

/** The policy as it was pinned before there were query checks, classic buckets and checks that report only. */
export function oldForm(policy: Policy): Policy {
  const text = JSON.stringify(policy, (key, value: unknown) => (NEW_FIELDS.has(key) ? undefined : value));
  return JSON.parse(text) as Policy;
}
