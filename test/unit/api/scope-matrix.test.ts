import { beforeAll, describe, expect, it } from 'vitest';
import { controlApi } from '../../../src/api/control-api.ts';
import { SCOPE_VERBS, type Scope, type ScopeVerb } from '../../../src/rollout/acts/scope.ts';
import { type Actor, ROLES, type Role } from '../../../src/rollout/event.ts';
import { type FakeControl, fakeControl } from '../../support/fake-control.ts';
import { T0 } from '../../support/rollouts.ts';

/**
 * Who may do what, stated once and apart from the code: the role, the verb that a scope lists, and what it is about: one route, all of
 * them at once, no route, or a list that shows only what its reader may see.
 */
type Rule = readonly [role: Role, verb: ScopeVerb | null, about: 'one' | 'all' | 'none' | 'list'];

const RULES: Readonly<Record<string, Rule>> = {
  'GET /api/v1/me': ['viewer', null, 'none'],
  'GET /api/v1/routes': ['viewer', null, 'list'],
  'GET /api/v1/rollouts': ['viewer', null, 'list'],
  'GET /api/v1/audit': ['viewer', null, 'list'],
  'GET /api/v1/events': ['viewer', null, 'list'],
  'GET /api/v1/audit/verify': ['viewer', null, 'all'],
  'GET /api/v1/rollouts/{id}': ['viewer', null, 'one'],
  'GET /api/v1/rollouts/{id}/audit': ['viewer', null, 'one'],
  'GET /api/v1/rollouts/{id}/trail': ['viewer', null, 'one'],
  'GET /api/v1/rollouts/{id}/messages': ['viewer', null, 'one'],
  'GET /api/v1/rollouts/{id}/policy': ['viewer', null, 'one'],
  'GET /api/v1/rollouts/{id}/report': ['viewer', null, 'one'],
  'GET /api/v1/routes/{route}/consumers': ['viewer', null, 'one'],
  'GET /api/v1/routes/{route}/consumer-report': ['viewer', null, 'one'],
  'POST /api/v1/rollouts/{id}/preview': ['viewer', null, 'one'],
  'POST /api/v1/values': ['scorer', 'values', 'one'],
  'POST /api/v1/policies/check': ['operator', 'validate', 'one'],
  'POST /api/v1/rollouts': ['operator', 'start', 'one'],
  'POST /api/v1/rollouts/{id}/pause': ['operator', 'pause', 'one'],
  'POST /api/v1/rollouts/{id}/resume': ['operator', 'resume', 'one'],
  'POST /api/v1/rollouts/{id}/advance': ['operator', 'advance', 'one'],
  'POST /api/v1/rollouts/{id}/promote': ['operator', 'promote', 'one'],
  'POST /api/v1/rollouts/{id}/rollback': ['operator', 'rollback', 'one'],
  'POST /api/v1/rollouts/{id}/abort': ['operator', 'abort', 'one'],
  'POST /api/v1/rollouts/{id}/weight': ['operator', 'weight', 'one'],
  'POST /api/v1/rollouts/{id}/extend': ['operator', 'extend', 'one'],
  'POST /api/v1/rollouts/{id}/skip': ['operator', 'skip', 'one'],
  'POST /api/v1/rollouts/{id}/retry': ['operator', 'retry', 'one'],
  'POST /api/v1/rollouts/{id}/rebase': ['operator', 'rebase', 'one'],
  'POST /api/v1/rollouts/{id}/finalise': ['operator', 'finalise', 'one'],
  'POST /api/v1/rollouts/{id}/gates/{gate}': ['operator', 'gate', 'one'],
  'POST /api/v1/routes/{route}/consumer-changes/preview': ['operator', 'consumers', 'one'],
  'POST /api/v1/routes/{route}/consumer-changes': ['operator', 'consumers', 'one'],
  'POST /api/v1/routes/{route}/restore/preview': ['operator', 'restore', 'one'],
  'POST /api/v1/routes/{route}/restore': ['operator', 'restore', 'one'],
  'PUT /api/v1/routes/{route}/consumers/{name}': ['operator', 'consumers', 'one'],
  'DELETE /api/v1/routes/{route}/consumers/{name}': ['operator', 'consumers', 'one'],
  'GET /api/v1/configuration': ['operator', null, 'all'],
  'POST /api/v1/configuration/diff': ['operator', null, 'all'],
  'POST /api/v1/reload': ['admin', null, 'all'],
  'POST /api/v1/logs': ['logs:write', null, 'all'],
  'POST /api/v1/otlp/v1/logs': ['logs:write', null, 'all'],
  'GET /api/v1/tokens': ['admin', null, 'all'],
  'POST /api/v1/tokens': ['admin', null, 'all'],
  'GET /api/v1/tokens/{id}': ['admin', null, 'all'],
  'DELETE /api/v1/tokens/{id}': ['admin', null, 'all'],
};

/** Behind no token, or before one. */
const OPEN = [
  'GET /livez',
  'GET /readyz',
  'GET /metrics',
  'GET /version',
  'GET /api/v1/sign-in',
  'POST /api/v1/session',
  'DELETE /api/v1/session',
];

const HERE = 'payments';
const ELSEWHERE = 'shipping';
const NO_TOKEN_ID = '019ac000-0000-7000-8000-00000000ffff';
const ADA: Actor = { name: 'ada', role: 'admin' };

/** What a token may be limited to, seen from one operation on the route `payments`. */
type Limit = (verb: ScopeVerb) => { readonly scope: Scope | null; readonly expired?: true };
const another = (verb: ScopeVerb) => SCOPE_VERBS[(SCOPE_VERBS.indexOf(verb) + 1) % SCOPE_VERBS.length] ?? verb;
const LIMITS: Readonly<Record<string, Limit>> = {
  'no scope': () => ({ scope: null }),
  'this route': () => ({ scope: { routes: [HERE], verbs: null } }),
  'another route': () => ({ scope: { routes: [ELSEWHERE], verbs: null } }),
  'both routes': () => ({ scope: { routes: [ELSEWHERE, HERE], verbs: null } }),
  'this verb': (verb) => ({ scope: { routes: null, verbs: [verb] } }),
  'another verb': (verb) => ({ scope: { routes: null, verbs: [another(verb)] } }),
  'this route and verb': (verb) => ({ scope: { routes: [HERE], verbs: [verb] } }),
  'this route, another verb': (verb) => ({ scope: { routes: [HERE], verbs: [another(verb)] } }),
  'another route, this verb': (verb) => ({ scope: { routes: [ELSEWHERE], verbs: [verb] } }),
  'no scope, expired': () => ({ scope: null, expired: true }),
  'this route and verb, expired': (verb) => ({ scope: { routes: [HERE], verbs: [verb] }, expired: true }),
};

function expected([least, verb, about]: Rule, role: Role, { scope, expired }: ReturnType<Limit>): 'let in' | 401 | 403 {
  if (expired) return 401;
  const sends = [role, least].includes('logs:write');
  if (role !== 'admin' && (sends ? role !== least : ROLES.indexOf(role) < ROLES.indexOf(least))) return 403;
  if (verb !== null && scope?.verbs && !scope.verbs.includes(verb)) return 403;
  if (!scope?.routes) return 'let in';
  if (about === 'all') return 403;
  return about === 'one' && !scope.routes.includes(HERE) ? 403 : 'let in';
}

const control: FakeControl = fakeControl();
const app = controlApi(control, { now: () => 0 });
let rollout = '';

beforeAll(async () => {
  for (const route of [HERE, ELSEWHERE]) {
    const command = { route, canaryUrl: 'http://127.0.0.1:9002/', reason: 'why', replace: false, force: false };
    const { record } = await control.rollouts.start(command, ADA);
    if (route === HERE) rollout = record.rollout.id;
    const upstream = { url: 'http://127.0.0.1:9001/', version: 'v1' };
    const traffic = { perSecond: null, stable: [], canary: [] };
    const shown = {
      name: route,
      host: null,
      path: '/',
      stable: upstream,
      policy: 'standard',
      router: 'gateway' as const,
    };
    control.mood.routes = [
      ...control.mood.routes,
      { ...shown, split: null, force: null, traffic, running: null, lastEnded: null },
    ];
  }
  control.mood.now = T0 + 10_000;
});

async function tokenOf(role: Role, { scope, expired }: ReturnType<Limit>): Promise<string> {
  const expires = expired ? { at: control.mood.now - 1 } : null;
  return (await control.tokens.create({ name: 'ci', role, scope, expires }, ADA, 'new')).token;
}

/** Whatever an operation takes has the route in it; what else it would need is left out, and refused later. */
async function ask(operation: string, token: string, more: { query?: string; body?: string } = {}) {
  const [method = '', path = ''] = operation.split(' ');
  const address = path
    .replace('/rollouts/{id}', `/rollouts/${rollout}`)
    .replace('{id}', NO_TOKEN_ID)
    .replace('{route}', HERE)
    .replace(/\{\w+\}/, 'x');
  const reads = method === 'GET' || method === 'DELETE';
  const body = reads ? {} : { body: more.body ?? JSON.stringify({ route: HERE, verb: 'pause' }) };
  const headers = { authorization: `Bearer ${token}`, ...(reads ? {} : { 'content-type': 'application/json' }) };
  const answer = await app.request(`${address}${more.query ?? ''}`, { method, headers, ...body });
  const isStream = answer.headers.get('content-type') === 'text/event-stream';
  if (isStream) await answer.body?.cancel();
  return { status: answer.status, text: isStream ? '' : await answer.text() };
}

describe('role, scope, route and method', () => {
  it('are decided for every operation that there is, and described', async () => {
    const { paths } = (await (await app.request('/openapi.json')).json()) as {
      paths: Record<string, Record<string, Record<string, unknown>>>;
    };
    const all = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(all.toSorted()).toEqual([...Object.keys(RULES), ...OPEN].toSorted());
    for (const [operation, [role, verb]] of Object.entries(RULES)) {
      const [method = '', path = ''] = operation.split(' ');
      const described = paths[path]?.[method.toLowerCase()];
      expect([operation, described?.['x-required-role'], described?.['x-verb'] ?? null]).toEqual([
        operation,
        role,
        verb,
      ]);
      expect([operation, described?.['x-routes']]).toEqual([operation, expect.any(String)]);
    }
  });

  it('list every verb of a scope, each once', () => {
    const listed = Object.values(RULES).flatMap(([, verb, about]) => (verb === null ? [] : [[verb, about] as const]));
    expect([...new Set(listed.map(([verb]) => verb))].toSorted()).toEqual([...SCOPE_VERBS].toSorted());
  });

  it.each(Object.entries(RULES))(
    '%s is for whom it should be, and says nothing of another route',
    async (operation, rule) => {
      const wrong: string[] = [];
      for (const role of ROLES) {
        for (const [name, limit] of Object.entries(LIMITS)) {
          const limited = limit(rule[1] ?? 'pause');
          const { status, text } = await ask(operation, await tokenOf(role, limited));
          const should = expected(rule, role, limited);
          const is = status === 401 || status === 403 ? status : 'let in';
          if (is !== should) wrong.push(`${role}, ${name}: ${is} instead of ${should}`);
          if (status >= 500) wrong.push(`${role}, ${name}: ${status}`);
          const hidden = [HERE, ELSEWHERE].filter((route) => limited.scope?.routes?.includes(route) === false);
          for (const route of hidden) if (text.includes(route)) wrong.push(`${role}, ${name}: tells of ${route}`);
          if (status === 403 && !JSON.parse(text).detail.includes('ci')) wrong.push(`${role}, ${name}: ${text}`);
        }
      }
      expect(wrong).toEqual([]);
    },
  );

  it.each(Object.keys(RULES).filter((operation) => RULES[operation]?.[2] === 'list'))(
    '%s shows what its reader may see, and refuses to be asked for another route',
    async (operation) => {
      const token = await tokenOf('viewer', { scope: { routes: [HERE], verbs: null } });
      const { status, text } = await ask(operation, token);
      expect([status, operation.endsWith('/events') || text.includes(HERE)]).toEqual([200, true]);
      for (const query of [`?route=${ELSEWHERE}`, `?route=${HERE}&route=${ELSEWHERE}`, '?route=']) {
        expect([query, (await ask(operation, token, { query })).status]).toEqual([query, 403]);
      }
    },
  );

  it.each(['POST /api/v1/values', 'POST /api/v1/policies/check', 'POST /api/v1/rollouts'])(
    '%s that names no route, or hides it, is nobody’s who has a scope',
    async (operation) => {
      const token = await tokenOf('operator', { scope: { routes: [HERE], verbs: null } });
      const there = `"${ELSEWHERE}"`;
      const bodies = [
        '',
        '{}',
        '{',
        '[]',
        'null',
        `{"route":["${HERE}"]}`,
        `{"route":"${HERE}","route":${there}}`,
        `{"route":"${HERE} "}`,
        `{"route":"${HERE.toUpperCase()}"}`,
        `{"__proto__":{"route":"${HERE}"}}`,
      ];
      for (const body of bodies) expect([body, (await ask(operation, token, { body })).status]).toEqual([body, 403]);
    },
  );

  it('of an expired token are none, and it says so', async () => {
    const { status, text } = await ask('GET /api/v1/me', await tokenOf('viewer', { scope: null, expired: true }));
    expect([status, JSON.parse(text)]).toEqual([
      401,
      expect.objectContaining({
        code: 'unauthenticated',
        detail: expect.stringMatching(/^the token of ci expired at \S+Z: .*`serin token create NAME --role viewer`$/),
      }),
    ]);
  });

  it('are told by me, so that nobody is offered what would be refused', async () => {
    const scope = { routes: [HERE], verbs: ['rollback', 'pause'] as const };
    const me = async (role: Role, given: Scope | null) =>
      JSON.parse((await ask('GET /api/v1/me', await tokenOf(role, { scope: given }))).text);
    expect(await me('operator', scope)).toMatchObject({ scope, verbs: ['pause', 'rollback'], expiresAt: null });
    expect(await me('operator', null)).toMatchObject({ scope: null, verbs: SCOPE_VERBS });
    expect(await me('scorer', null)).toMatchObject({ verbs: ['values'] });
    expect(await me('viewer', null)).toMatchObject({ verbs: [] });
  });
});
