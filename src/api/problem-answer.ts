import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { type Issue, Problem } from '../problem/problem.ts';
import { HTTP_PROBLEMS, type HttpProblemCode } from './http-problems.ts';
import type { ProblemDetails, RequestFault } from './problem-schema.ts';

interface ProblemMore {
  readonly errors?: readonly RequestFault[];
  readonly headers?: Readonly<Record<string, string>>;
}

export function problemAnswer(c: Context, code: HttpProblemCode, detail: string, more: ProblemMore = {}): Response {
  const { errors = [], headers = {} } = more;
  const { status, type, body } = problemDocument(code, detail, errors);
  return c.body(body, status, { 'content-type': type, ...headers });
}

/** RFC 9457, where no Hono application answers as well. */
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

/** Whatever was thrown, as a problem; of an unforeseen error nothing but the fact leaves the process. */
export function answerThrown(c: Context, error: unknown, onUnforeseen: (error: unknown) => void): Response {
  if (error instanceof Problem) {
    if (error.code === 'internal') onUnforeseen(error);
    return problemAnswer(c, error.code, error.message, { errors: error.issues.map(faultOf) });
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
