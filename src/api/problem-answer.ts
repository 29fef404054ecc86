import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { type Issue, Problem, type ProblemCode } from '../problem/problem.ts';
import type { ProblemDetails, RequestFault } from './problem-schema.ts';

/** Faults of the HTTP request itself, which the control plane never sees. */
export type EdgeCode =
  | 'malformed'
  | 'method-not-allowed'
  | 'misdirected'
  | 'too-large'
  | 'unsupported-media-type'
  | 'under-way'
  | 'answer-lost'
  | 'key-reused'
  | 'too-many-failures'
  | 'busy';

export type HttpProblemCode = ProblemCode | EdgeCode;

/** The only place that maps a code to a status. */
export const HTTP_PROBLEMS: Readonly<
  Record<HttpProblemCode, { readonly status: ContentfulStatusCode; readonly title: string }>
> = {
  malformed: { status: 400, title: 'The request cannot be read' },
  unauthenticated: { status: 401, title: 'A valid token or session is needed' },
  forbidden: { status: 403, title: 'This is not allowed' },
  'not-found': { status: 404, title: 'There is no such thing' },
  'method-not-allowed': { status: 405, title: 'The method is not allowed here' },
  conflict: { status: 409, title: 'Something else is in the way' },
  refused: { status: 409, title: 'The present state does not allow this' },
  'under-way': { status: 409, title: 'The same request is still being answered' },
  'answer-lost': { status: 409, title: 'This was done before, and its answer was not kept' },
  stale: { status: 412, title: 'It has changed since it was read' },
  'too-large': { status: 413, title: 'The request is too large' },
  'unsupported-media-type': { status: 415, title: 'The body is of a type that is not read here' },
  misdirected: { status: 421, title: 'This server does not answer for that host' },
  'invalid-input': { status: 422, title: 'The request is not valid' },
  'key-reused': { status: 422, title: 'The Idempotency-Key was sent with another request' },
  'too-many-failures': { status: 429, title: 'Too many failed authentications' },
  busy: { status: 429, title: 'Serin takes no more of these now' },
  internal: { status: 500, title: 'Something went wrong inside Serin' },
  'port-in-use': { status: 500, title: 'A port is in use' },
  'data-folder-in-use': { status: 500, title: 'The data folder is in use' },
  unavailable: { status: 503, title: 'The database cannot answer now' },
};

interface ProblemMore {
  readonly errors?: readonly RequestFault[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answered 429. */
type TooManyCode = 'too-many-failures' | 'busy';

export function problemAnswer(
  c: Context,
  code: Exclude<HttpProblemCode, TooManyCode>,
  detail: string,
  more: ProblemMore = {},
): Response {
  return answerProblem(c, code, detail, more);
}

/** The only way to answer 429: it says when to come back, in whole seconds. `detail` ends with that. */
export function tooMany(c: Context, code: TooManyCode, detail: string, afterMs: number): Response {
  const seconds = String(Math.max(1, Math.ceil(afterMs / 1_000)));
  return answerProblem(c, code, `${detail} in ${seconds} s`, { headers: { 'retry-after': seconds } });
}

function answerProblem(c: Context, code: HttpProblemCode, detail: string, more: ProblemMore): Response {
  const { errors = [], headers = {} } = more;
  const { status, type, body } = problemDocument(code, detail, errors);
  return c.body(body, status, { 'content-type': type, ...headers });
}

/** RFC 9457, also for listeners without a Hono application. */
export function problemDocument(code: HttpProblemCode, detail: string, errors: readonly RequestFault[] = []) {
  const { status, title } = HTTP_PROBLEMS[code];
  const details: ProblemDetails = {
    type: `urn:serin:problem:${code}`,
    title,
    status,
    code,
    detail,
    ...(errors.length > 0 ? { errors: [...errors] } : {}),
  };
  return { status, type: 'application/problem+json', body: JSON.stringify(details) };
}

/** Any thrown value as a problem; for an unexpected error, nothing but the fact leaves the process. */
export function answerThrown(c: Context, error: unknown, onUnforeseen: (error: unknown) => void): Response {
  if (error instanceof Problem) {
    if (error.code === 'internal') onUnforeseen(error);
    const errors = error.issues.map(faultOf);
    const headers = error.code === 'unauthenticated' ? { 'www-authenticate': 'Bearer error="invalid_token"' } : {};
    return problemAnswer(c, error.code, error.message, { errors, headers });
  }
  if (error instanceof HTTPException) {
    if (error.status === 400) return problemAnswer(c, 'malformed', 'The body is not well-formed JSON.');
    if (error.status === 415) {
      return problemAnswer(c, 'unsupported-media-type', 'The body must be sent as content-type application/json.');
    }
  }
  onUnforeseen(error);
  return problemAnswer(c, 'internal', 'An unforeseen error was logged; nothing was changed by this request.');
}

function faultOf({ path, message }: Issue): RequestFault {
  if (path === '') return { detail: message };
  const pointer = path.startsWith('/') ? path : `/${path.replaceAll(/\[(\d+)\]/g, '.$1').replaceAll('.', '/')}`;
  return { detail: message, pointer: `#${pointer}` };
}
