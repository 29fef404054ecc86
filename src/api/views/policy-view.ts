import { z } from '@hono/zod-openapi';
import { diffPolicies, policyYaml } from '../../policy/digest.ts';
import type { Policy } from '../../policy/schema.ts';
import type { Rollout } from '../../rollout/state.ts';
import type { PolicyAsDeclared } from '../policy-control.ts';
import { issueSchema } from '../view-schemas.ts';

const said = z.string().nullable().describe('As the file says it; null where it says nothing');

export const pinnedPolicyViewSchema = z
  .strictObject({
    yaml: z
      .string()
      .describe(
        'The policy with every default spelt out. `serin validate` takes it, and gives it the same digest, unless an older Serin began the rollout, whose policies had fewer fields',
      ),
    digest: z.string().describe('Of the policy as it was when the rollout began, or was last rebased'),
    current: z
      .strictObject({
        digest: z.string().nullable().describe('Null while a policy file is not valid'),
        diff: z
          .array(z.strictObject({ path: z.string().describe('spec.steps[1].weight'), before: said, after: said }))
          .describe('From the policy of the rollout to the declared one; empty where they say the same'),
        issues: z.array(issueSchema).describe('Why the policy files cannot be read; empty when they can'),
      })
      .nullable()
      .describe('The policy that is declared under the same name now; null where there is none any more'),
  })
  .openapi('PinnedPolicy');

export type PinnedPolicyView = z.infer<typeof pinnedPolicyViewSchema>;

/** The policy that a rollout keeps, and how the declared one of that name differs by now. */
export function pinnedPolicyView({ policy, policyDigest }: Rollout, now: PolicyAsDeclared): PinnedPolicyView {
  return { yaml: policyYaml(policy), digest: policyDigest, current: currentOf(policy, now) };
}

function currentOf(pinned: Policy, now: PolicyAsDeclared): PinnedPolicyView['current'] {
  switch (now.kind) {
    case 'gone':
      return null;
    case 'invalid':
      return { digest: null, diff: [], issues: [...now.issues] };
    case 'valid': {
      const { policy, digest } = now.loaded;
      return { digest, diff: diffPolicies(pinned, policy).map((one) => ({ ...one })), issues: [] };
    }
  }
}
