import type { OpenAPIHono } from '@hono/zod-openapi';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { controlApi } from '../../../src/api/control-api.ts';
import { fakeControl } from '../../support/fake-control.ts';
import { type Json, openApiDocument } from '../../support/openapi.ts';

const app = controlApi(fakeControl()) as OpenAPIHono;
const document = openApiDocument((await (await app.request('/openapi.json')).json()) as Json);

interface Declared {
  readonly where: string;
  readonly schema: z.ZodType;
  readonly described: unknown;
  readonly io: 'input' | 'output';
}

/** Every schema that a route was declared with, and what the document has in its place. */
const declared: readonly Declared[] = app.openAPIRegistry.definitions.flatMap((definition) => {
  if (definition.type !== 'route') return [];
  const { method, path, request, responses } = definition.route;
  const operation = document.operation(method, path);
  const where = `${method} ${path}`;
  const answers = Object.entries(responses as Readonly<Record<string, { readonly content?: Content }>>);
  return [
    ...Object.entries((request?.body?.content ?? {}) as Content).map(([type, { schema }]) => ({
      where: `${where} takes ${type}`,
      schema,
      described: operation.requestBody?.content[type]?.schema,
      io: 'input' as const,
    })),
    ...answers.flatMap(([status, { content = {} }]) =>
      Object.entries(content).map(([type, { schema }]) => ({
        where: `${where} answers ${status} ${type}`,
        schema,
        described: operation.responses[status]?.content?.[type]?.schema,
        io: 'output' as const,
      })),
    ),
    ...(['params', 'query', 'headers'] as const).flatMap((place) =>
      Object.entries((request?.[place] as z.ZodObject | undefined)?.shape ?? {}).map(([name, schema]) => ({
        where: `${where} takes ${place} ${name}`,
        schema: schema as z.ZodType,
        described: operation.parameters?.find((parameter) => parameter.name === name)?.schema,
        io: 'input' as const,
      })),
    ),
  ];
});

type Content = Readonly<Record<string, { readonly schema: z.ZodType }>>;

describe('openapi.json', () => {
  it('has a place for every schema', () => {
    expect(declared.length).toBeGreaterThan(200);
    expect(declared.filter(({ described }) => described === undefined).map(({ where }) => where)).toEqual([]);
  });

  it('says what zod says: every value of every literal, every null, every pattern and every key', () => {
    for (const { where, schema, described, io } of declared) {
      // One that is written as the document has it, and checked elsewhere.
      if (!('_zod' in schema)) continue;
      const told = z.toJSONSchema(schema, { io, unrepresentable: 'any', reused: 'inline' });
      expect.soft(canonical(document.resolved(described)), where).toEqual(canonical(told));
    }
  });
});

type Schema = Readonly<Record<string, unknown>>;

/** Both write the same in different ways; what only explains, or follows from a format, is left out. */
function canonical(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(canonical);
  if (typeof schema !== 'object' || schema === null) return schema;
  const left = Object.entries(schema).filter(([key, value]) => !isBeside(key, value, schema as Schema));
  const { properties } = schema as { readonly properties?: Schema };
  const { const: only, ...plain }: Schema = Object.fromEntries(
    left.map(([key, value]) => [key, canonicalOf(key, value, properties)]),
  );
  return withNull(only === undefined ? plain : { ...plain, enum: [only] });
}

function canonicalOf(key: string, value: unknown, properties: Schema = {}): unknown {
  if (key === 'properties') {
    return Object.fromEntries(Object.entries(value as Schema).map(([name, schema]) => [name, canonical(schema)]));
  }
  if (key !== 'required') return canonical(value);
  // The document takes a key that may hold anything for one that may be absent as well.
  return (value as string[]).filter((name) => Object.keys(properties[name] ?? {}).length > 0).toSorted();
}

function isBeside(key: string, value: unknown, schema: Schema): boolean {
  if (['$schema', 'description', 'default', 'id', 'format', 'readOnly'].includes(key)) return true;
  if (key === 'pattern') return schema['format'] !== undefined;
  return Math.abs(Number(value)) === Number.MAX_SAFE_INTEGER;
}

/** `anyOf: [A, { type: null }]` is `A` of one type more. */
function withNull(schema: Schema): Schema {
  const { anyOf, ...rest } = schema;
  if (!Array.isArray(anyOf)) return schema;
  const nested = anyOf.find((one: Schema) => Object.keys(one).length === 1 && Array.isArray(one['anyOf'])) as Schema;
  if (nested) return { ...rest, anyOf: [...(nested['anyOf'] as unknown[]), ...anyOf.filter((one) => one !== nested)] };
  const others = anyOf.filter(({ type }: Schema) => type !== 'null');
  const [only] = others as Schema[];
  if (others.length !== 1 || !only || others.length === anyOf.length) return schema;
  return {
    ...rest,
    ...only,
    type: [only['type'], 'null'],
    ...(Array.isArray(only['enum']) ? { enum: [...only['enum'], null] } : {}),
  };
}
