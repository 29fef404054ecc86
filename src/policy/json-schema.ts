import { z } from 'zod';
import { policySchema } from './schema.ts';

/** The JSON Schema (draft 2020-12) of a policy file as people write it, for editors and for other tools. */
export function policyJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...rest } = z.toJSONSchema(policySchema, { io: 'input', target: 'draft-2020-12' });
  return {
    $schema,
    title: 'Serin graduation policy',
    description: 'How a canary graduates: its phases, the margins it is held to, and when it is rolled back.',
    ...rest,
  };
}

/** The text of `policies/policy.schema.json`. */
export function policyJsonSchemaText(): string {
  return `${JSON.stringify(policyJsonSchema(), null, 2)}\n`;
}
