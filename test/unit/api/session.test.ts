import { beforeEach, describe, expect, it } from 'vitest';
import { controlApi } from '../../../src/api/control-api.ts';
import { SCOPE_VERBS } from '../../../src/rollout/acts/scope.ts';
import { ROLES, type Role } from '../../../src/rollout/event.ts';
import { type FakeControl, fakeControl, TOKENS } from '../../support/fake-control.ts';

const HOUR = 3_600_000;
const HERE = 'http://serin.test:7780';
const OVER_TLS = 'https://serin.test:7780';
const ABORT = '/api/v1/rollouts/019ac000-0000-7000-8000-000000000099/abort';
type Fields = Readonly<Record<string, string>>;

let control: FakeControl;
let app: ReturnType<typeof controlApi>;

const OPTIONS = { isOwnName: (name: string) => name === 'serin.test', now: () => 0 };
const apiOf = (of: FakeControl, publicUrl?: string) => controlApi(of, { ...OPTIONS, publicUrl });

beforeEach(() => {
  control = fakeControl();
  app = apiOf(control);
});

function ask(method: string, path: string, headers: Fields, body?: object | string, at = HERE) {
  const text = typeof body === 'object' ? JSON.stringify(body) : body;
  return app.request(`${at}${path}`, { method, headers, ...(text === undefined ? {} : { body: text }) });
}

const JSON_TYPE = { 'content-type': 'application/json' };
const signIn = (token: string, headers: Fields = { origin: HERE }, at = HERE) =>
  ask('POST', '/api/v1/session', { ...JSON_TYPE, ...headers }, { token }, at);
const setCookies = (answer: Response) => answer.headers.getSetCookie();

/** `serin-7780=...`, as the browser sends it from then on. */
async function cookieOf(role: Role, headers?: Fields, at = HERE): Promise<string> {
  const answer = await signIn(TOKENS[role], headers, at);
  expect(answer.status).toBe(204);
  return setCookies(answer)[0]?.split(';')[0] ?? '';
}

const me = (headers: Fields, at = HERE) => ask('GET', '/api/v1/me', headers, undefined, at);
const statusOf = async (answer: Response | Promise<Response>) => (await answer).status;
const detailOf = async (answer: Response) => ((await answer.json()) as { readonly detail: string }).detail;

describe('signing in', () => {
  it('gives a cookie that no script reads and no other site has sent', async () => {
    const answer = await signIn(TOKENS.operator);
    expect([answer.status, await answer.text()]).toEqual([204, '']);
    expect(setCookies(answer)).toEqual([
      expect.stringMatching(
        /^serin-7780=[0-9a-f-]{36}\.\d{10}\.[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/,
      ),
    ]);
    expect(JSON.stringify(setCookies(answer))).not.toContain(TOKENS.operator);
  });

  it('is by https where the page says so, and the cookie then bound to the host and to TLS', async () => {
    expect(setCookies(await signIn(TOKENS.operator, { origin: OVER_TLS }))).toEqual([
      expect.stringMatching(/^__Host-serin-7780=.*; Path=\/; HttpOnly; Secure; SameSite=Strict$/),
    ]);
    const usual = await signIn(TOKENS.operator, { origin: 'https://serin.test' }, 'http://serin.test');
    expect(setCookies(usual)[0]).toMatch(/^__Host-serin-443=/);
  });

  it('believes no field that a proxy may have passed on', async () => {
    const answer = await signIn(TOKENS.operator, {
      origin: HERE,
      'x-forwarded-proto': 'https',
      forwarded: 'proto=https',
    });
    expect(setCookies(answer)[0]).toMatch(/^serin-7780=/);
  });

  it.each(ROLES)('is for who may read: %s', async (role) => {
    const answer = await signIn(TOKENS[role]);
    if (role !== 'logs:write') return expect(answer.status).toBe(204);
    expect([answer.status, setCookies(answer)]).toEqual([403, []]);
    return expect(await detailOf(answer)).toBe('a session is for people who read here; the logs:write is logs:write');
  });

  it.each([
    [{}, 403],
    [{ origin: 'https://evil.example' }, 403],
    [{ origin: 'null' }, 403],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'same-site', origin: HERE }, 403],
    [{ 'sec-fetch-site': 'none' }, 403],
    [{ 'sec-fetch-site': 'same-origin' }, 204],
    [{ 'sec-fetch-site': 'same-origin', origin: HERE }, 204],
  ])('is for pages of this server: %j is answered %i', async (headers, status) => {
    const answer = await signIn(TOKENS.admin, headers);
    expect([answer.status, setCookies(answer).length]).toEqual([status, status === 204 ? 1 : 0]);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'takes no %s, which a form of another page could send',
    async (type) => {
      const answer = await signIn(TOKENS.admin, { origin: HERE, 'content-type': type });
      expect([answer.status, setCookies(answer)]).toEqual([415, []]);
    },
  );

  it('says where the body is wrong, and repeats nothing of it', async () => {
    for (const token of ['two words', '', 'x'.repeat(600)]) {
      const answer = await signIn(token);
      const text = await answer.text();
      expect([answer.status, JSON.parse(text)]).toMatchObject([422, { errors: [{ pointer: '#/token' }] }]);
      if (token !== '') expect(text).not.toContain(token);
    }
    expect((await signIn('x'.repeat(3_000))).status).toBe(413);
  });

  it('with a token that is unknown counts as a failed login, for both ways', async () => {
    const bearer = (token: string) => me({ authorization: `Bearer ${token}` });
    expect(await statusOf(bearer(TOKENS.viewer))).toBe(200);
    for (let count = 0; count < 10; count += 1) {
      const refused = await signIn('unknown');
      expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer error="invalid_token"']);
      expect(await statusOf(bearer('unknown'))).toBe(401);
    }
    expect(await statusOf(signIn('unknown'))).toBe(429);
    expect(await statusOf(bearer('unknown'))).toBe(429);
    expect(await statusOf(signIn(TOKENS.admin))).toBe(429);
    // Accepted before, by the other way.
    expect(await statusOf(signIn(TOKENS.viewer))).toBe(204);
  });

  it('from another page is refused before it counts', async () => {
    for (let count = 0; count < 30; count += 1) await signIn('unknown', { origin: 'https://evil.example' });
    for (let count = 0; count < 30; count += 1) await signIn('unknown', {});
    expect(await statusOf(signIn(TOKENS.admin))).toBe(204);
  });
});

it.each(['GET', 'PUT', 'PATCH', 'OPTIONS'])(
  '%s is answered with what else is there, and asks for no token',
  async (method) => {
    const answer = await ask(method, '/api/v1/session', {});
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'DELETE, POST']);
  },
);

describe('a session', () => {
  it('is told of by /me, with its end', async () => {
    const cookie = await cookieOf('operator');
    const answer = await me({ cookie });
    const until = new Date(Math.floor((control.mood.now + 12 * HOUR) / 1_000) * 1_000).toISOString();
    expect([answer.status, await answer.json()]).toEqual([
      200,
      {
        name: 'the operator',
        role: 'operator',
        roles: ['viewer', 'scorer', 'operator'],
        verbs: SCOPE_VERBS,
        scope: null,
        via: 'session',
        subject: expect.stringMatching(/^token:019a/),
        until,
        expiresAt: null,
      },
    ]);
  });

  it('is over after twelve hours', async () => {
    const cookie = await cookieOf('operator');
    control.mood.now += 12 * HOUR - 1_000;
    expect(await statusOf(me({ cookie }))).toBe(200);
    control.mood.now += 1_000;
    const answer = await me({ cookie });
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect(await detailOf(answer)).toBe('the session is over, or its token was revoked: sign in again');
  });

  it('ends when its token is revoked', async () => {
    const by = { name: 'root', role: 'admin' } as const;
    const { id, token } = await control.tokens.create({ name: 'ada', role: 'viewer' }, by, 'new');
    const cookie = setCookies(await signIn(token))[0]?.split(';')[0] ?? '';
    expect(await (await me({ cookie })).json()).toMatchObject({ name: 'ada', role: 'viewer' });
    await control.tokens.revoke(id, by, 'left');
    expect(await statusOf(me({ cookie }))).toBe(401);
  });

  it('is made by this server: a forged one, another installation’s and another port’s are refused', async () => {
    const cookie = await cookieOf('admin');
    const forged = cookie.replace(/[\w-]{43}$/, 'A'.repeat(43));
    app = apiOf(fakeControl(undefined, Buffer.alloc(32, 8)));
    const elsewhere = await cookieOf('admin');
    app = apiOf(control);
    const atAnotherPort = await cookieOf('admin', { origin: 'http://serin.test:7781' }, 'http://serin.test:7781');
    const renamed = atAnotherPort.replace('serin-7781', 'serin-7780');
    const toTls = cookie.replace('serin-7780', '__Host-serin-7780');
    for (const wrong of [forged, elsewhere, renamed, toTls, 'serin-7780=', 'serin-7780=nonsense']) {
      expect([wrong, await statusOf(me({ cookie: wrong }))]).toEqual([wrong, 401]);
    }
    expect(await statusOf(me({ cookie }))).toBe(200);
  });

  it('of another port is none here, and both can be open', async () => {
    const other = 'http://serin.test:7781';
    const [cookie, neighbour] = [await cookieOf('viewer'), await cookieOf('admin', { origin: other }, other)];
    expect(await detailOf(await me({ cookie: neighbour }))).toBe('send a token as Authorization: Bearer TOKEN');
    expect(await (await me({ cookie: `${neighbour}; ${cookie}` })).json()).toMatchObject({ role: 'viewer' });
    expect(await (await me({ cookie: `${neighbour}; ${cookie}` }, other)).json()).toMatchObject({ role: 'admin' });
  });

  it('that is refused is no failed login: a page that was left open locks nobody out', async () => {
    for (let count = 0; count < 30; count += 1) expect(await statusOf(me({ cookie: 'serin-7780=old' }))).toBe(401);
    expect(await statusOf(signIn(TOKENS.admin))).toBe(204);
  });

  it('goes on where the address has failed too often', async () => {
    const cookie = await cookieOf('operator');
    for (let count = 0; count < 30; count += 1) await signIn('unknown');
    expect(await statusOf(me({ cookie }))).toBe(200);
  });

  it.each(['Basic dTpw', 'basic dTpw'])(
    'goes on behind a proxy that asks for a password: %s',
    async (authorization) => {
      const cookie = await cookieOf('operator');
      expect(await statusOf(me({ cookie, authorization }))).toBe(200);
    },
  );
});

describe('a token beside a session', () => {
  it('decides, also where it is refused', async () => {
    const cookie = await cookieOf('admin');
    const by = (token: string) => me({ cookie, authorization: `Bearer ${token}` });
    expect(await (await by(TOKENS.viewer)).json()).toEqual({
      name: 'the viewer',
      role: 'viewer',
      roles: ['viewer'],
      verbs: [],
      scope: null,
      expiresAt: null,
      via: 'token',
      subject: expect.stringMatching(/^token:019a/),
      until: null,
    });
    expect(await statusOf(by('unknown'))).toBe(401);
    expect(await statusOf(me({ cookie, authorization: 'Bearer a b' }))).toBe(401);
  });

  it('needs no page', async () => {
    const headers = { ...JSON_TYPE, cookie: await cookieOf('viewer'), authorization: `Bearer ${TOKENS.operator}` };
    expect(await statusOf(ask('POST', ABORT, headers, { reason: 'x' }))).toBe(404);
  });
});

describe('a write with a session', () => {
  const write = async (headers: Fields, role: Role = 'operator', body: object | string | undefined = { reason: 'x' }) =>
    ask('POST', ABORT, { ...JSON_TYPE, cookie: await cookieOf(role), ...headers }, body);

  // The rollout is not there: whoever is let through is answered 404.
  it.each([
    ['its own page', { 'sec-fetch-site': 'same-origin' }, 404],
    ['its own page, in a browser that says Origin alone', { origin: HERE }, 404],
    ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, 403],
    ['another site that hides its Origin', { 'sec-fetch-site': 'cross-site' }, 403],
    ['another port of the host', { 'sec-fetch-site': 'same-site', origin: 'http://serin.test:3000' }, 403],
    ['the page of the same name without TLS', { 'sec-fetch-site': 'cross-site', origin: HERE }, 403],
    ['a sandboxed frame', { origin: 'null' }, 403],
    ['nobody knows whom', {}, 403],
    ['two at once', { 'sec-fetch-site': 'same-origin, cross-site' }, 403],
  ])('from %s', async (_, headers, status) => {
    const answer = await write(headers);
    expect(answer.status).toBe(status);
    if (status === 403) expect(await answer.json()).toMatchObject({ code: 'forbidden', detail: expect.any(String) });
  });

  it('from nobody knows whom is told why', async () => {
    expect(await detailOf(await write({}))).toBe(
      'only a page of this server may do this, and neither Sec-Fetch-Site nor Origin says who sent it; a program sends its token as Authorization: Bearer TOKEN',
    );
    expect(await detailOf(await write({ 'sec-fetch-site': 'cross-site' }))).toBe(
      'only a page of this server may do this, and Sec-Fetch-Site says that another one sent it',
    );
  });

  it.each(['DELETE', 'PUT', 'PATCH', 'OPTIONS'])('is one by %s too', async (method) => {
    const cookie = await cookieOf('admin');
    const path = '/api/v1/routes/payments/consumers/acme?reason=x';
    expect(await statusOf(ask(method, path, { cookie }))).toBe(403);
  });

  it('takes no body but JSON', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', '']) {
      const answer = await write({ origin: HERE, 'content-type': type });
      expect([type, answer.status, await detailOf(answer)]).toEqual([
        type,
        415,
        'with a session, a body must be sent as content-type application/json',
      ]);
    }
    expect(await statusOf(write({ origin: HERE, 'content-type': 'Application/JSON; charset=utf-8' }))).toBe(404);
    const cookie = await cookieOf('operator');
    const untyped = { cookie, origin: HERE, 'content-length': '12' };
    expect(await statusOf(ask('POST', ABORT, untyped))).toBe(415);
    expect(
      await statusOf(ask('DELETE', '/api/v1/routes/payments/consumers/acme?reason=x', { cookie, origin: HERE })),
    ).toBe(404);
  });

  it('needs the role as ever', async () => {
    expect(await statusOf(write({ origin: HERE }, 'viewer'))).toBe(403);
  });

  it('reads are none', async () => {
    const cookie = await cookieOf('viewer');
    for (const method of ['GET', 'HEAD']) expect(await statusOf(ask(method, '/api/v1/rollouts', { cookie }))).toBe(200);
  });
});

describe('signing out', () => {
  it('takes the cookies away that came, and says nothing where none did', async () => {
    const cookie = await cookieOf('operator');
    const answer = await ask('DELETE', '/api/v1/session', { cookie: `a=b; ${cookie}`, origin: HERE });
    expect([answer.status, setCookies(answer)]).toEqual([
      204,
      ['serin-7780=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict'],
    ]);
    const again = await ask('DELETE', '/api/v1/session', { origin: HERE });
    expect([again.status, setCookies(again)]).toEqual([204, []]);
  });

  it('works with a session that is over', async () => {
    const answer = await ask('DELETE', '/api/v1/session', { cookie: '__Host-serin-7780=old', origin: OVER_TLS });
    expect([answer.status, setCookies(answer)[0]]).toEqual([
      204,
      '__Host-serin-7780=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict',
    ]);
  });

  it('is not done by another page', async () => {
    const cookie = await cookieOf('operator');
    for (const headers of [{}, { origin: 'https://evil.example' }, { 'sec-fetch-site': 'same-site' }]) {
      const answer = await ask('DELETE', '/api/v1/session', { cookie, ...headers });
      expect([answer.status, setCookies(answer)]).toEqual([403, []]);
    }
  });
});

describe('behind TLS that control.publicUrl tells of', () => {
  beforeEach(() => {
    app = apiOf(control, `${OVER_TLS}/`);
  });

  it('every cookie is for TLS, and one that a page without it could have set counts for nothing', async () => {
    const cookie = await cookieOf('operator', { 'sec-fetch-site': 'same-origin' });
    expect(cookie).toMatch(/^__Host-serin-7780=/);
    expect(await statusOf(me({ cookie }))).toBe(200);
    app = apiOf(control);
    const plain = await cookieOf('admin');
    app = apiOf(control, OVER_TLS);
    expect(await detailOf(await me({ cookie: plain }))).toBe('send a token as Authorization: Bearer TOKEN');
  });

  it('an Origin without it is another page', async () => {
    const answer = await signIn(TOKENS.operator, { origin: HERE });
    expect([answer.status, await detailOf(answer)]).toEqual([
      403,
      'only a page of this server may do this, and its Origin is not https, as control.publicUrl in serin.yaml is',
    ]);
    expect(await statusOf(signIn(TOKENS.operator, { origin: OVER_TLS }))).toBe(204);
  });

  it('another host of the same server is not meant', async () => {
    const at = 'http://127.0.0.1:7780';
    expect(await cookieOf('operator', { origin: at }, at)).toMatch(/^serin-7780=/);
  });
});
