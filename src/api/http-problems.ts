import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { ProblemCode } from '../problem/problem.ts';

/** Faults of the HTTP request itself, which the control plane never sees. */
export type EdgeCode =
  | 'malformed'
  | 'method-not-allowed'
  | 'misdirected'
  | 'too-large'
  | 'unsupported-media-type'
  | 'too-many-failures';

export type HttpProblemCode = ProblemCode | EdgeCode;

/** The one place where a code becomes a status. */
export const HTTP_PROBLEMS: Readonly<
  Record<HttpProblemCode, { readonly status: ContentfulStatusCode; readonly title: string }>
> = {
  malformed: { status: 400, title: 'The request cannot be read' },
  unauthenticated: { status: 401, title: 'A valid bearer token is needed' },
  forbidden: { status: 403, title: 'This is not allowed' },
  'not-found': { status: 404, title: 'There is no such thing' },
  'method-not-allowed': { status: 405, title: 'The method is not allowed here' },
  conflict: { status: 409, title: 'Something else is in the way' },
  refused: { status: 409, title: 'The present state does not allow this' },
  stale: { status: 412, title: 'The rollout has changed since it was read' },
  'too-large': { status: 413, title: 'The request is too large' },
  'unsupported-media-type': { status: 415, title: 'The body must be JSON' },
  misdirected: { status: 421, title: 'This server does not answer for that host' },
  'invalid-input': { status: 422, title: 'The request is not valid' },
  'too-many-failures': { status: 429, title: 'Too many failed authentications' },
  internal: { status: 500, title: 'Something went wrong inside Serin' },
  'port-in-use': { status: 500, title: 'A port is in use' },
  'data-folder-in-use': { status: 500, title: 'The data folder is in use' },
  unavailable: { status: 503, title: 'The database cannot answer now' },
};
