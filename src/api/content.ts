import type { z } from '@hono/zod-openapi';
import { HTTP_PROBLEMS, type HttpProblemCode } from './problem-answer.ts';
import { problemDetails } from './problem-schema.ts';

export function jsonBody<S extends z.ZodType>(schema: S) {
  return { required: true, content: { 'application/json': { schema } } } as const;
}

export function jsonAnswer<S extends z.ZodType>(schema: S, description: string) {
  return { description, content: { 'application/json': { schema } } } as const;
}

export const ETAG = { ETag: { schema: { type: 'string' } } } as const;

/**
 * An answer whose ETag its operation gives itself: it stands for a part of the content, so that nobody is answered 304 by it.
 * `of` says what it is of.
 */
export function taggedAnswer<S extends z.ZodType>(schema: S, description: string, of: string) {
  return { ...jsonAnswer(schema, `${description}; its ETag is ${of}`), headers: ETAG } as const;
}

/** Responses that any operation behind a token may give. */
const ALWAYS: readonly HttpProblemCode[] = [
  'malformed',
  'unauthenticated',
  'forbidden',
  'too-large',
  'misdirected',
  'too-many-failures',
  'internal',
  'unavailable',
];

/** With a body. */
export const OF_BODIES = ['invalid-input', 'unsupported-media-type'] as const satisfies readonly HttpProblemCode[];

type Refusals = { readonly [Status in `${4 | 5}${number}`]: typeof REFUSAL };
const REFUSAL = {
  description: '' as string,
  content: { 'application/problem+json': { schema: problemDetails } },
} as const;

export function refusal(code: HttpProblemCode) {
  return { ...REFUSAL, description: HTTP_PROBLEMS[code].title };
}

/** Spread into a route's responses: every status that it refuses with, all in the same form. */
export function refusals(...more: readonly HttpProblemCode[]): Refusals {
  const titles = new Map<number, readonly string[]>();
  for (const { status, title } of [...ALWAYS, ...more].map((code) => HTTP_PROBLEMS[code])) {
    titles.set(status, [...(titles.get(status) ?? []), title]);
  }
  return Object.fromEntries(
    [...titles].map(([status, said]) => [status, { ...REFUSAL, description: said.join('; ') }]),
  ) as Refusals;
}
