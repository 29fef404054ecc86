import { z } from 'zod';
import { configSchema } from './config.ts';

/** The JSON Schema (draft 2020-12) of `serin.yaml` as written, for editors and other tools. */
export function configJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...rest } = z.toJSONSchema(configSchema, { io: 'input', target: 'draft-2020-12' });
  return {
    $schema,
    title: 'serin.yaml',
    description: 'What Serin serves: its listeners, its routes and their stable versions, and who is told.',
    ...rest,
  };
}

/** The text of `docs/reference/serin.schema.json`. */
export function configJsonSchemaText(): string {
  return `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
}
