import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { afterEach, describe, expect, it } from 'vitest';
import { controlApi } from '../../../src/api/control-api.ts';
import type { SignOn } from '../../../src/identity/oidc/sign-on.ts';
import { fakeControl, TOKENS } from '../../support/fake-control.ts';
import { issuer, RULE } from '../../support/issuer.ts';
import { scriptedSignOn } from '../../support/scripted-provider.ts';

const by = issuer();
const ADA = { sub: 'u-1', email: 'ada@example.com', groups: ['team'] };
let open: SignOn | undefined;

function start() {
  const { signOn, mood } = scriptedSignOn(by);
  open = signOn;
  const app = controlApi({ ...fakeControl(), oidc: signOn }, { now: () => 0 });
  const me = async (token: string) => {
    const answer = await app.request('/api/v1/me', { headers: { authorization: `Bearer ${token}` } });
    return { status: answer.status, body: (await answer.json()) as { detail?: string }, headers: answer.headers };
  };
  return { app, me, mood };
}

afterEach(() => open?.stop());

describe('a bearer of the OpenID provider', () => {
  it('is who the provider says, by a subject that stays, until the token ends', async () => {
    const { me } = start();
    const { status, body } = await me(by.token(ADA));
    expect(status).toBe(200);
    expect(body).toMatchObject({
      name: 'ada@example.com',
      role: 'operator',
      via: 'oidc',
      subject: `${RULE.issuer}#u-1`,
      scope: null,
      until: null,
      expiresAt: expect.stringMatching(/^20/),
    });
  });

  it('beside which tokens of Serin are what they were', async () => {
    const { me } = start();
    expect((await me(TOKENS.viewer)).body).toMatchObject({
      role: 'viewer',
      via: 'token',
      subject: expect.stringMatching(/^token:019a/),
    });
  });

  it('is refused as what it is: 401 for what is forged, 403 without a role, 503 where nobody can tell', async () => {
    const { me, mood } = start();
    const forged = await me(issuer().token(ADA));
    expect([forged.status, forged.headers.get('www-authenticate')]).toEqual([401, 'Bearer error="invalid_token"']);
    expect(forged.body.detail).toMatch(/forged or broken/);
    const { status, body } = await me(by.token({ ...ADA, groups: [] }));
    expect([status, body.detail]).toEqual([403, expect.stringMatching(/claim groups of ada@example\.com/)]);
    mood.answers = 'down';
    const away = await me(issuer('k2').token(ADA));
    expect([away.status, away.body.detail]).toEqual([503, expect.stringMatching(/ECONNREFUSED/)]);
  });

  it('that is forged counts as a failed login, whoever has no role or is expired does not', async () => {
    const { me } = start();
    const past = Math.floor(Date.now() / 1_000) - 3_600;
    for (let at = 0; at < 25; at++) {
      expect((await me(by.token({ ...ADA, exp: past }))).status).toBe(401);
      expect((await me(by.token({ ...ADA, groups: [] }))).status).toBe(403);
    }
    const known = by.token(ADA);
    expect((await me(known)).status).toBe(200);
    const forger = issuer();
    const statuses: number[] = [];
    for (let at = 0; at < 21; at++) statuses.push((await me(forger.token({ ...ADA, at }))).status);
    expect([statuses.at(19), statuses.at(20)]).toEqual([401, 429]);
    expect((await me(by.token({ ...ADA, jti: 'new' }))).status).toBe(429);
    expect((await me(known)).status).toBe(200);
  });

  it('may have 8 KiB, also over a socket, and not more', async () => {
    const { app } = start();
    const serve = getRequestListener(app.fetch, { overrideGlobalObjects: false });
    const server = createServer((incoming, outgoing) => void serve(incoming, outgoing));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const withGroups = (count: number) =>
      by.token({ ...ADA, groups: ['team', ...Array.from({ length: count }, (_, at) => `group-${at}`)] });
    const ask = async (token: string) => {
      const headers = { authorization: `Bearer ${token}`, cookie: `a=${'b'.repeat(3_000)}` };
      return (await fetch(`http://127.0.0.1:${port}/api/v1/me`, { headers })).status;
    };
    const [long, tooLong] = [withGroups(490), withGroups(520)];
    expect([long.length > 7_900, long.length <= 8_192, tooLong.length > 8_192]).toEqual([true, true, true]);
    expect([await ask(long), await ask(tooLong)]).toEqual([200, 401]);
    server.close();
  });
});

describe('the way back from the provider', () => {
  it('is no failed login where no sign-in began: any page can have a browser ask for it', async () => {
    const { app, me } = start();
    for (const cookie of ['', 'serin-80-away=made-up']) {
      for (let at = 0; at < 25; at++) {
        const back = await app.request('/auth/oidc/callback?code=a&state=b', { headers: { cookie } });
        expect(back.status).toBe(401);
        expect(await back.text()).toContain('has to be finished in the browser that began it');
      }
    }
    expect((await me(by.token(ADA))).status).toBe(200);
  });
});

describe('the means of signing in', () => {
  it('are told to everybody, and nothing of them is secret', async () => {
    const { app, me } = start();
    const answer = await app.request('/api/v1/sign-in');
    const oidc = { issuer: RULE.issuer, label: 'issuer.test', clientId: 'serin', scopes: ['openid'] };
    expect([answer.status, await answer.json()]).toEqual([200, { token: true, oidc }]);
    open?.configure(undefined);
    expect(await (await app.request('/api/v1/sign-in')).json()).toEqual({ token: true, oidc: null });
    expect(await me(by.token(ADA))).toMatchObject({ status: 401, body: { detail: 'the token is unknown or revoked' } });
  });
});
