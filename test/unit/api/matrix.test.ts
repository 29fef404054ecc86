import { describe, expect, it } from 'vitest';
import { controlApi } from '../../../src/api/control-api.ts';
import { ROLE_TO_ACT } from '../../../src/api/entry/may.ts';
import { VERBS, type Verb } from '../../../src/rollout/acts/deed.ts';
import { ROLES, type Role } from '../../../src/rollout/event.ts';
import { fakeControl, TOKENS } from '../../support/fake-control.ts';

const ID = '019ac000-0000-7000-8000-000000000099';

/** Every route behind a token and the least role that it takes. A route that is missing here fails the test. */
const LEAST: Readonly<Record<string, Role>> = {
  'GET /api/v1/me': 'viewer',
  'GET /api/v1/rollouts': 'viewer',
  'POST /api/v1/rollouts': 'operator',
  'GET /api/v1/rollouts/{id}': 'viewer',
  'GET /api/v1/rollouts/{id}/audit': 'viewer',
  'GET /api/v1/rollouts/{id}/trail': 'viewer',
  'POST /api/v1/rollouts/{id}/preview': 'viewer',
  'GET /api/v1/rollouts/{id}/messages': 'viewer',
  'GET /api/v1/rollouts/{id}/policy': 'viewer',
  'GET /api/v1/rollouts/{id}/report': 'viewer',
  'POST /api/v1/rollouts/{id}/pause': 'operator',
  'POST /api/v1/rollouts/{id}/resume': 'operator',
  'POST /api/v1/rollouts/{id}/advance': 'operator',
  'POST /api/v1/rollouts/{id}/promote': 'operator',
  'POST /api/v1/rollouts/{id}/rollback': 'operator',
  'POST /api/v1/rollouts/{id}/abort': 'operator',
  'POST /api/v1/rollouts/{id}/weight': 'operator',
  'POST /api/v1/rollouts/{id}/extend': 'operator',
  'POST /api/v1/rollouts/{id}/skip': 'operator',
  'POST /api/v1/rollouts/{id}/retry': 'operator',
  'POST /api/v1/rollouts/{id}/rebase': 'operator',
  'POST /api/v1/rollouts/{id}/finalise': 'operator',
  'POST /api/v1/rollouts/{id}/gates/{gate}': 'operator',
  'GET /api/v1/audit': 'viewer',
  'GET /api/v1/audit/verify': 'viewer',
  'GET /api/v1/events': 'viewer',
  'GET /api/v1/routes': 'viewer',
  'GET /api/v1/routes/{route}/consumers': 'viewer',
  'GET /api/v1/routes/{route}/consumer-report': 'viewer',
  'PUT /api/v1/routes/{route}/consumers/{name}': 'operator',
  'POST /api/v1/routes/{route}/consumer-changes/preview': 'operator',
  'POST /api/v1/routes/{route}/consumer-changes': 'operator',
  'POST /api/v1/routes/{route}/restore/preview': 'operator',
  'POST /api/v1/routes/{route}/restore': 'operator',
  'DELETE /api/v1/routes/{route}/consumers/{name}': 'operator',
  'POST /api/v1/policies/check': 'operator',
  'POST /api/v1/values': 'scorer',
  'POST /api/v1/logs': 'logs:write',
  'POST /api/v1/otlp/v1/logs': 'logs:write',
  'GET /api/v1/tokens': 'admin',
  'GET /api/v1/configuration': 'operator',
  'POST /api/v1/configuration/diff': 'operator',
  'POST /api/v1/reload': 'admin',
  'POST /api/v1/tokens': 'admin',
  'GET /api/v1/tokens/{id}': 'admin',
  'DELETE /api/v1/tokens/{id}': 'admin',
};

const OPEN = ['GET /livez', 'GET /readyz', 'GET /metrics', 'GET /version'];

/** What a page signs in and out with. */
const SIGN_IN = ['GET /api/v1/sign-in', 'POST /api/v1/session', 'DELETE /api/v1/session'];

const UNKNOWN = ['GET /api/v1/secrets', 'POST /api/v1/rollouts/{id}/explode', 'GET /api'];

const app = controlApi(fakeControl(), { now: () => 0 });

interface Described {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, { security?: unknown; responses: object; requestBody?: unknown }>>;
}

async function described(): Promise<Described> {
  return (await app.request('/openapi.json')).json() as Promise<Described>;
}

function operationAt(paths: Described['paths'], route: string) {
  const [method = '', path = ''] = route.split(' ');
  return paths[path]?.[method.toLowerCase()];
}

async function ask(route: string, token: string | null): Promise<number> {
  const [method = '', path = ''] = route.split(' ');
  const address = path.replace('{id}', ID).replace(/\{\w+\}/g, 'payments');
  const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
  return (await app.request(address, { method, headers })).status;
}

describe('the roles', () => {
  it('are decided for every route that there is', async () => {
    const { paths } = await described();
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(routes.toSorted()).toEqual([...Object.keys(LEAST), ...OPEN, ...SIGN_IN].toSorted());
  });

  const cases = Object.entries(LEAST).flatMap(([route, least]) => ROLES.map((role) => ({ route, role, least })));
  const tooLow = ({ role, least }: (typeof cases)[number]) =>
    [role, least].includes('logs:write')
      ? role !== least && role !== 'admin'
      : ROLES.indexOf(role) < ROLES.indexOf(least);

  it.each(cases.filter(tooLow))('$route refuses $role', async ({ route, role }) => {
    expect(await ask(route, TOKENS[role])).toBe(403);
  });

  it.each(cases.filter((one) => !tooLow(one)))('$route lets $role through', async ({ route, role }) => {
    expect([200, 404, 415, 422]).toContain(await ask(route, TOKENS[role]));
  });

  it('let a role through nowhere that another version of Serin has stored', async () => {
    const control = fakeControl();
    const stored = { name: 'eve', role: 'owner' as Role };
    const guarded = controlApi({ ...control, tokens: { ...control.tokens, authenticate: async () => stored } });
    const headers = { authorization: `Bearer ${TOKENS.viewer}` };
    expect((await guarded.request('/api/v1/rollouts', { headers })).status).toBe(403);
  });

  it('of each verb is what `acts` of a rollout says', () => {
    const least = (verb: Verb) => LEAST[`POST /api/v1/rollouts/{id}/${verb === 'gate' ? 'gates/{gate}' : verb}`];
    expect(VERBS.map(least)).toEqual(VERBS.map(() => ROLE_TO_ACT));
  });

  it.each([...Object.keys(LEAST), ...UNKNOWN])('%s needs a token before anything else', async (route) => {
    expect(await ask(route, null)).toBe(401);
  });

  it.each(UNKNOWN)('%s is not there, even for an admin', async (route) => {
    expect(await ask(route, TOKENS.admin)).toBe(404);
  });

  it.each(['DELETE /api/v1/rollouts/{id}', 'PATCH /version', 'OPTIONS /api/v1/audit'])(
    '%s is answered with what is there instead',
    async (route) => {
      const [method = '', path = ''] = route.split(' ');
      const headers = { authorization: `Bearer ${TOKENS.admin}` };
      const answer = await app.request(path.replace('{id}', ID), { method, headers });
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
      expect(await answer.json()).toMatchObject({ code: 'method-not-allowed' });
    },
  );

  it.each(OPEN)('%s answers without a token', async (route) => {
    expect(await ask(route, null)).toBe(200);
  });
});

describe('the description', () => {
  it('is OpenAPI 3.1 and says of every route who may use it and how it refuses', async () => {
    const { openapi, paths } = await described();
    expect(openapi).toBe('3.1.0');
    for (const [route, least] of Object.entries(LEAST)) {
      expect(operationAt(paths, route)).toMatchObject({
        security: [{ bearer: [] }, { session: [] }],
        'x-required-role': least,
        summary: expect.stringMatching(/./),
        responses: { 401: { content: { 'application/problem+json': expect.anything() } } },
      });
    }
  });

  it('says of every body that it is needed and strict', async () => {
    const { paths } = await described();
    const ofLines = (route: string) => LEAST[route] === 'logs:write';
    const withBody = Object.keys(LEAST).filter((route) => /^(POST|PUT) /.test(route) && !ofLines(route));
    interface Body {
      readonly required?: boolean;
      readonly content: { readonly 'application/json': { readonly schema: { readonly oneOf?: readonly object[] } } };
    }
    for (const route of withBody) {
      const body = operationAt(paths, route)?.requestBody as Body;
      const { schema } = body.content['application/json'];
      expect(body.required).toBe(true);
      for (const form of schema.oneOf ?? [schema]) expect(form).toMatchObject({ additionalProperties: false });
    }
  });

  it('refers to nothing that it does not define', async () => {
    const text = JSON.stringify(await described());
    const document = JSON.parse(text) as { components: { schemas: Record<string, unknown> } };
    for (const [, name = ''] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      expect(Object.keys(document.components.schemas)).toContain(name);
    }
  });
});
