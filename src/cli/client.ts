import { problemDetails } from '../api/problem-schema.ts';
import { type BuildView, buildViewSchema } from '../api/view-schemas.ts';
import { type Issue, Problem, type ProblemCode } from '../problem/problem.ts';
import { type ApiAnswer, describeAnswer, readAnswer, readAs, type Shape } from './answer.ts';
import { answerOf } from './lost-answer.ts';
import { overTls, unreachable } from './unreachable.ts';

/** The command line's name for a field of the API, if it differs. */
const FLAGS: Readonly<Record<string, string>> = {
  canaryUrl: '--canary',
  expires: '--expires',
  force: '--force',
  full: '--full',
  key: '--key-env NAME',
  keySha256: '--key-env NAME',
  limit: '--limit',
  policy: '--policy',
  reason: '--reason',
  replace: '--replace',
  role: '--role',
  rule: '--to',
  'scope.routes': '--route',
  'scope.verbs': '--verb',
  to: '--to',
  version: '--version-name',
};

const TIMEOUT_MS = 30_000;
const MOST_BYTES = 32 * 1024 * 1024;
/** `/version` answers at once: it needs no database. */
const BUILD_TIMEOUT_MS = 10_000;
const BUILD_MOST_BYTES = 64 * 1024;

/**
 * The control API over HTTP. Every method throws Problem. Before the first request it checks which server answers, without
 * the token: a token sent to the wrong server has to be revoked.
 */
export interface ApiClient {
  get<T>(path: string, shape: Shape<T>): Promise<T>;
  /** All pages of a list, one after the other. */
  all<T>(path: string, shape: Shape<readonly T[]>): Promise<readonly T[]>;
  /** `tag` is the entity tag that what is changed must still have. */
  send<T>(method: 'POST' | 'PUT', path: string, shape: Shape<T>, body: unknown, tag?: string): Promise<T>;
  remove(path: string): Promise<void>;
  build(): Promise<BuildView>;
}

export interface ClientOptions {
  readonly server: string;
  /** The token of this moment, asked for before each request; null for none. */
  readonly bearer: () => Promise<string | null>;
  /** The end of the message when the token is refused: where it came from, and what to do. */
  readonly tokenHint: string;
  /** Of this command line. */
  readonly version: string;
  readonly buildTimeoutMs?: number;
  readonly fetch: typeof globalThis.fetch;
  readonly signal: AbortSignal;
}

interface Request {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly key?: string;
  readonly tag?: string | undefined;
  readonly token: string | null;
  readonly timeoutMs: number;
  readonly mostBytes: number;
}

export function apiClient(options: ClientOptions): ApiClient {
  const { server, bearer: bearerNow, tokenHint, version, buildTimeoutMs = BUILD_TIMEOUT_MS, fetch, signal } = options;
  let known: Promise<BuildView> | null = null;

  async function ask({
    method,
    path,
    body,
    key,
    tag,
    token: bearer,
    timeoutMs,
    mostBytes,
  }: Request): Promise<ApiAnswer> {
    const expired = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(new URL(path, server), {
        method,
        headers: {
          accept: 'application/json',
          ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(key === undefined ? {} : { 'idempotency-key': `"${key}"` }),
          ...(tag === undefined ? {} : { 'if-match': tag }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        // A redirect would carry the token to wherever it points.
        redirect: 'manual',
        signal: AbortSignal.any([signal, expired]),
      });
      return await readAnswer(response, mostBytes, `${method} ${path}`);
    } catch (cause) {
      // Another server may answer at this address next time.
      known = null;
      if (cause instanceof Problem) throw cause;
      const what = expired.aborted ? `did not answer ${method} ${path} within ${timeoutMs / 1000} s` : null;
      throw unreachable(server, what, cause);
    }
  }

  async function identify(): Promise<BuildView> {
    const limits = { timeoutMs: buildTimeoutMs, mostBytes: BUILD_MOST_BYTES };
    const answer = await ask({ method: 'GET', path: '/version', token: null, ...limits });
    const read = readAs(buildViewSchema, answer.json);
    if (answer.status === 200 && 'value' in read) return read.value;
    throw strange(server, answer);
  }

  async function build(): Promise<BuildView> {
    known ??= identify();
    try {
      return await known;
    } catch (error) {
      known = null;
      throw error;
    }
  }

  async function request(method: string, path: string, body?: unknown, tag?: string): Promise<ApiAnswer> {
    const key = method === 'POST' ? { key: crypto.randomUUID() } : {};
    const send = async () => {
      await build();
      const token = await bearerNow();
      return ask({ method, path, body, tag, ...key, token, timeoutMs: TIMEOUT_MS, mostBytes: MOST_BYTES });
    };
    const answer = await (method === 'POST' ? answerOf(send, signal) : send());
    if (answer.status < 200 || answer.status > 299) throw problemOf(server, `${method} ${path}`, answer, tokenHint);
    return answer;
  }

  async function misread(what: string, fault: string): Promise<Problem> {
    const running = (await build()).version;
    const hint =
      running === version
        ? 'something between here and the server may have changed it'
        : 'use the same version of both';
    return new Problem(
      'internal',
      `${server} answered ${what} in a form that this command line does not know (${fault}): the server is Serin ${running}, this is ${version}; ${hint}`,
    );
  }

  async function read<T>(what: string, shape: Shape<T>, answer: ApiAnswer): Promise<T> {
    const found =
      answer.json === undefined ? { fault: `it came back ${describeAnswer(answer)}` } : readAs(shape, answer.json);
    if ('fault' in found) throw await misread(what, found.fault);
    return found.value;
  }

  return {
    get: async (path, shape) => read(`GET ${path}`, shape, await request('GET', path)),
    async all<T>(path: string, shape: Shape<readonly T[]>) {
      const items: T[] = [];
      for (let at: string | null = path; at !== null; ) {
        const answer = await request('GET', at);
        items.push(...(await read(`GET ${at}`, shape, answer)));
        at = answer.next;
      }
      return items;
    },
    send: async (method, path, shape, body, tag) =>
      read(`${method} ${path}`, shape, await request(method, path, body, tag)),
    async remove(path) {
      const answer = await request('DELETE', path);
      if (answer.status === 204) return;
      throw await misread(`DELETE ${path}`, `it came back ${describeAnswer(answer)}`);
    },
    build,
  };
}

/** Statuses by which a proxy says that the server behind it is away. */
const AWAY: ReadonlySet<number> = new Set([502, 503, 504]);

/** What answered instead of a control API; the token has not been sent. */
function strange(server: string, answer: ApiAnswer): Problem {
  const { status, location } = answer;
  const problem = readAs(problemDetails, answer.json);
  if (status === 421 && 'value' in problem) {
    return new Problem(
      'refused',
      `${server} does not answer by this name, and no token was sent: ${problem.value.detail}`,
    );
  }
  if (status >= 300 && status <= 399 && location !== null) {
    return new Problem(
      'internal',
      `${server} answers, but redirects GET /version to ${location.slice(0, 200)}: no token was sent; give the address of the control API itself with --server or SERIN_SERVER`,
    );
  }
  // How HTTPS servers answer a plain HTTP request.
  if (status === 400 && server.startsWith('http:') && 'fault' in problem) {
    return new Problem(
      'internal',
      `${server} answers GET /version with ${describeAnswer(answer)}: it may take https only; then use ${overTls(server)}. No token was sent`,
    );
  }
  return new Problem(
    AWAY.has(status) ? 'unavailable' : 'internal',
    `${server} answers, but it is not a Serin control API: GET /version came back ${describeAnswer(answer)}; no token was sent. Is it the port of the gateway? The control API is where control.listen of serin.yaml says, by default on port 7780`,
  );
}

/** HTTP has separate codes for a request that cannot be read; here they are all invalid input. */
const EDGE: Readonly<Record<string, ProblemCode>> = {
  malformed: 'invalid-input',
  'method-not-allowed': 'not-found',
  'too-large': 'invalid-input',
  'unsupported-media-type': 'invalid-input',
  'too-many-failures': 'unauthenticated',
  busy: 'unavailable',
  'under-way': 'conflict',
  'answer-lost': 'conflict',
  'key-reused': 'invalid-input',
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

function problemOf(server: string, what: string, answer: ApiAnswer, tokenHint: string): Problem {
  const found = answer.type === 'application/problem+json' ? readAs(problemDetails, answer.json) : { fault: '' };
  if ('fault' in found) {
    return new Problem(
      AWAY.has(answer.status) ? 'unavailable' : 'internal',
      `${server} answered ${what} with ${describeAnswer(answer)}, which is not an error of Serin's: a proxy in front of it may have answered`,
    );
  }
  const details = found.value;
  const code = EDGE[details.code] ?? (CODES.has(details.code) ? (details.code as ProblemCode) : 'internal');
  const hint = code === 'unauthenticated' ? tokenHint : '';
  const faults = details.errors ?? [];
  const issues = faults.map(
    ({ pointer, parameter, detail }): Issue => ({ path: inOwnWords(pointer ?? parameter ?? ''), message: detail }),
  );
  const first = faults[0]?.pointer ?? faults[0]?.parameter;
  const said =
    first !== undefined && details.detail.startsWith(`${first}: `)
      ? `${inOwnWords(first)}${details.detail.slice(first.length)}`
      : details.detail;
  return new Problem(code, `${said}${hint}`, { issues });
}

/** The place of a fault in a request (a JSON pointer or the name of a parameter), in terms of the command that was typed. */
function inOwnWords(place: string): string {
  const path = place.replace(/^#?\//, '').replaceAll('/', '.');
  // An option that is given several times is a list.
  return FLAGS[path] ?? FLAGS[path.replace(/\.\d+$/, '')] ?? path;
}
