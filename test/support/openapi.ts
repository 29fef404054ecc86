import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

interface Media {
  readonly schema: unknown;
}

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: unknown }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, Media>> }>>;
}

export interface OpenApiDocument {
  /** `GET /livez`, ... */
  readonly operations: readonly string[];
  operation(method: string, path: string): Operation;
  /** With everything that it refers to in its place. */
  resolved(schema: unknown): unknown;
  /** What is wrong with an answer; empty when it is as described. */
  faultsOf(operation: Operation, answer: Answer): readonly string[];
}

export interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
}

export function openApiDocument(document: Json): OpenApiDocument {
  const { paths, components } = document as unknown as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
    readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
  };
  const resolved = (schema: unknown): unknown => {
    if (Array.isArray(schema)) return schema.map(resolved);
    if (typeof schema !== 'object' || schema === null) return schema;
    const { $ref, ...rest } = schema as { readonly $ref?: string };
    const named = $ref === undefined ? {} : components.schemas[$ref.replace('#/components/schemas/', '')];
    if (named === undefined) throw new Error(`${$ref} is not defined`);
    const own = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, resolved(value)]));
    return $ref === undefined ? own : { ...(resolved(named) as object), ...own };
  };
  return {
    operations: Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    ),
    operation(method, path) {
      const operation = paths[path.replaceAll(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()];
      if (!operation) throw new Error(`${method} ${path} is not described`);
      return operation;
    },
    resolved,
    faultsOf({ responses }, { status, type, text }) {
      const described = responses[String(status)];
      if (!described) return [`the status ${status} is not described`];
      if (!described.content) return text === '' ? [] : ['it has a body'];
      const media = described.content[type?.split(';')[0] ?? ''];
      if (!media) return [`the type ${type} is not described for ${status}`];
      if (!type?.includes('json')) return [];
      const isValid = ajv.compile(resolved(media.schema) as object);
      if (isValid(JSON.parse(text))) return [];
      return (isValid.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
    },
  };
}

const ajv = new Ajv2020({ strict: false, allErrors: true });
formats.default(ajv);
