import { z } from 'zod';
import { configSchema } from './config.ts';

type Node = { readonly [key: string]: unknown };

/** The JSON Schema (draft 2020-12) of `serin.yaml` once every reference has its value. */
export function configJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...rest } = z.toJSONSchema(configSchema, { io: 'input', target: 'draft-2020-12' });
  return {
    $schema,
    title: 'serin.yaml',
    description: 'What Serin serves: its listeners, its routes and their stable versions, and who is told.',
    ...rest,
  };
}

/** What stands for a value that the file leaves to the environment or to another file: no editor knows it. */
const REFERENCE = String.raw`\$\{[A-Z_]|^file:.`;

/** The schema of what is written: a text may have a reference in it wherever one is followed. Words of a list stay as they are. */
function openToReferences(node: Node): Node {
  const { pattern } = node;
  const opened = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, openWithin(value)]));
  if (typeof pattern !== 'string' || isReference(node)) return opened;
  return { ...opened, pattern: `${pattern}|${REFERENCE}` };
}

function openWithin(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(openWithin);
  return isNode(value) ? openToReferences(value) : value;
}

/** Whether a text of the schema names a secret or a certificate. */
export function isReference({ pattern }: Node): boolean {
  return typeof pattern === 'string' && /[(|^]file:\.\+/.test(pattern);
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The text of `docs/reference/serin.schema.json`: of the file as it is written, for editors and other tools. */
export function configJsonSchemaText(): string {
  return `${JSON.stringify(openToReferences(configJsonSchema()), null, 2)}\n`;
}
