import type { ProblemDetails } from '../api/problem-answer.ts';
import { type Issue, Problem, type ProblemCode } from '../problem/problem.ts';

const TIMEOUT_MS = 30_000;

/** The control API over HTTP. Every method throws Problem. */
export interface ApiClient {
  get<T>(path: string): Promise<T>;
  send<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T>;
}

export interface ClientOptions {
  readonly server: string;
  readonly token: string | null;
  readonly fetch: typeof globalThis.fetch;
  readonly signal: AbortSignal;
}

export function apiClient({ server, token, fetch, signal }: ClientOptions): ApiClient {
  async function request<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(new URL(path, server), {
      method,
      headers: {
        accept: 'application/json',
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // A redirect would carry the token to wherever it points.
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    }).catch((cause: unknown) => {
      throw unreachable(server, cause);
    });
    if (!answer.ok) throw await problemOf(answer);
    if (answer.status === 204) return undefined as T;
    try {
      return (await answer.json()) as T;
    } catch (cause) {
      throw new Problem('internal', `${server} gave an answer that is not the control API's`, { cause });
    }
  }

  return {
    get: (path) => request('GET', path),
    send: (method, path, body) => request(method, path, body),
  };
}

function unreachable(server: string, cause: unknown): Problem {
  const inner = cause instanceof Error ? cause.cause : undefined;
  const code = inner instanceof Error && 'code' in inner && typeof inner.code === 'string' ? ` (${inner.code})` : '';
  return new Problem(
    'unavailable',
    `cannot reach Serin at ${server}${code}: start it with \`serin serve\`, or name its address with --server or SERIN_SERVER`,
    { cause },
  );
}

/** The HTTP edge has words of its own for a request that cannot be read; here they all are invalid input. */
const EDGE: Readonly<Record<string, ProblemCode>> = {
  malformed: 'invalid-input',
  'too-large': 'invalid-input',
  'unsupported-media-type': 'invalid-input',
  'too-many-failures': 'unauthenticated',
};

const CODES: ReadonlySet<string> = new Set<ProblemCode>([
  'invalid-input',
  'unauthenticated',
  'forbidden',
  'not-found',
  'conflict',
  'stale',
  'refused',
  'unavailable',
  'internal',
]);

async function problemOf(answer: Response): Promise<Problem> {
  const type = answer.headers.get('content-type') ?? '';
  const details = type.startsWith('application/problem+json') ? ((await answer.json()) as ProblemDetails) : null;
  if (!details) return new Problem('internal', `the server answered ${answer.status} with no explanation`);
  const code = EDGE[details.code] ?? (CODES.has(details.code) ? (details.code as ProblemCode) : 'internal');
  const hint = code === 'unauthenticated' ? ' (--token or SERIN_TOKEN)' : '';
  const issues = (details.errors ?? []).map(
    ({ pointer, parameter, detail }): Issue => ({ path: pointer ?? parameter ?? '', message: detail }),
  );
  return new Problem(code, `${details.detail}${hint}`, { issues });
}
