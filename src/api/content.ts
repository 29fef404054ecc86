import type { z } from '@hono/zod-openapi';
import { problemDetails } from './problem-schema.ts';

export function jsonBody<S extends z.ZodType>(schema: S) {
  return { required: true, content: { 'application/json': { schema } } } as const;
}

export function jsonAnswer<S extends z.ZodType>(schema: S, description: string) {
  return { description, content: { 'application/json': { schema } } } as const;
}

/** Spread into a route's answers: every refusal has the same form. */
export const REFUSALS = {
  '4XX': {
    description: 'Refused',
    content: { 'application/problem+json': { schema: problemDetails } },
  },
  '5XX': {
    description: 'Failed',
    content: { 'application/problem+json': { schema: problemDetails } },
  },
} as const;
