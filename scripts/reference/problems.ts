import { HTTP_PROBLEMS, type HttpProblemCode } from '../../src/api/problem-answer.ts';
import { REFUSALS, refusalsIn } from './refusals.ts';
import { sources } from './sources.ts';
import { code, table } from './table.ts';

/** When each is met, and what to do. */
const WHEN: Readonly<Record<HttpProblemCode, string>> = {
  malformed: 'The body is not well-formed JSON, or the URL cannot be read',
  unauthenticated:
    'No bearer token and no session, or one that is unknown, revoked, expired or over. `serin token create` makes a token',
  forbidden:
    "The role or the [scope](../control-api.md#scopes) of the token does not allow this, an operator named a canary outside `upstreams`, or a browser's request is not of a page of this server; `detail` says which",
  'not-found': 'No such rollout, route, consumer, token or path',
  'method-not-allowed': '`Allow` names the methods',
  conflict:
    'Something of that name, or another rollout on the route, is there already; `serin start --replace` supersedes a rollout',
  refused: 'The state of the rollout does not allow it; [states](states.md) says what does',
  stale: '`If-Match` has another version than the rollout now: read it again',
  'under-way':
    'Of a request with an `Idempotency-Key`: the first one is not answered yet. Ask again with the same key, as `Retry-After` says',
  'answer-lost':
    'Of a request with an `Idempotency-Key`: `detail` has the audit entry that it made. For something new, send a new key',
  'key-reused': 'An `Idempotency-Key` is for one request: send a new key with another path or body',
  'too-large': 'The body is larger than the API takes',
  'unsupported-media-type': 'Send `Content-Type: application/json`; for logs what `detail` names',
  misdirected: 'The `Host` is no name of this API: add it to `control.hosts`',
  'invalid-input': '`errors` names each fault and its place (`pointer`, or `parameter`)',
  'too-many-failures': 'Too many failed authentications from this address: wait as `Retry-After` says',
  busy: 'Logs come faster than they may be read: send the same once more, as `Retry-After` says',
  internal: 'A bug in Serin. Nothing was changed by this request; the log has the stack as `internalError`',
  'port-in-use': 'Of commands only: another process has the port',
  'data-folder-in-use': 'Of commands only: another Serin has the data folder',
  unavailable:
    'The database does not answer. Reading and `rollback` go on where [health](../health.md) says so; try again',
};

export function problemsTable(): string {
  const rows = Object.entries(HTTP_PROBLEMS) as [HttpProblemCode, (typeof HTTP_PROBLEMS)[HttpProblemCode]][];
  return table(
    ['status', 'code', 'title', 'when, and what to do'],
    rows.map(([name, { status, title }]) => [String(status), code(name), title, WHEN[name]]),
  );
}

/** Throws when the gateway has a refusal that is not told of, or the other way round. */
export function refusalsTable(): string {
  const gateway = [...sources()].filter(([path]) => path.startsWith('src/gateway/')).map(([, text]) => text);
  const there = refusalsIn(gateway);
  const told = REFUSALS.map(({ detail }) => detail);
  const untold = [...there].filter((detail) => !told.includes(detail));
  const gone = told.filter((detail) => !there.has(detail));
  if (untold.length > 0 || gone.length > 0) {
    throw new Error(
      `refusals.ts does not tell of "${untold.join('", "')}"; the gateway no longer says "${gone.join('", "')}"`,
    );
  }
  return table(
    ['status', 'detail', 'when', 'charged to'],
    REFUSALS.map(({ status, detail, when, charged = 'nobody' }) => [String(status), detail, when, charged]),
  );
}
