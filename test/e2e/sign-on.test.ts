import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cookieJar } from '../support/cookie-jar.ts';
import { type OidcIssuer, oidcKey, startOidcIssuer } from '../support/oidc-issuer.ts';
import { type Home, makeHome, type ServerProcess, startServerProcess } from '../support/server-process.ts';

const AUDIENCE = 'https://serin.test';
const [FIRST, SECOND, THIRD] = [oidcKey('k1'), oidcKey('k2'), oidcKey('k3')];
const ADA = { sub: 'u-1', email: 'ada@example.com', groups: ['everybody', 'team'] };

let issuer: OidcIssuer;
let home: Home;
let server: ServerProcess;

const config = (map: string) => `gateway: { listen: 127.0.0.1:0 }
control:
  listen: 127.0.0.1:0
  oidc:
    issuer: "${issuer.url}"
    clientId: serin
    clientSecret: \${OIDC_SECRET}
    audience: [serin, "${AUDIENCE}"]
    scopes: [openid, email, groups]
    roles: { claim: groups, map: ${map} }
routes: [{ name: shop, path: /, stable: "http://127.0.0.1:9", policy: standard }]
`;

async function me(token: string) {
  const answer = await fetch(`${server.controlUrl}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } });
  const body = (await answer.json()) as { role?: string; via?: string; detail?: string };
  return { status: answer.status, ...body };
}

const tokenOf = (audience = AUDIENCE) => issuer.token('pipeline', audience);
const start = (to = '/ui/') => `${server.controlUrl}/auth/oidc/start?to=${encodeURIComponent(to)}`;
const callback = () => `${server.controlUrl}/auth/oidc/callback`;

/** What the page says that a person is shown who is not signed in. */
async function refusal(answer: Response): Promise<readonly [number, string]> {
  const text = await answer.text();
  expect(answer.headers.getSetCookie().filter((line) => !/Max-Age=0/.test(line))).toEqual([]);
  expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'/);
  return [answer.status, /<p role="alert">(.*?)<\/p>/s.exec(text)?.[1] ?? text];
}

beforeAll(async () => {
  issuer = await startOidcIssuer(['pipeline'], FIRST);
  home = makeHome(config('{ team: operator, everybody: viewer }'));
  server = await startServerProcess(home, { OIDC_SECRET: issuer.secret });
  issuer.sendsBackTo(callback());
});

afterAll(async () => {
  server.child.kill('SIGTERM');
  expect(await server.ended).toBe(0);
  await issuer.close();
  home.remove();
});

describe('sign-on by a real provider', { shuffle: false }, () => {
  it('takes its access tokens as bearers, and follows its keys', async () => {
    issuer.extraClaims = { groups: ['team'] };
    expect(await me(await tokenOf())).toMatchObject({ status: 200, role: 'operator', via: 'oidc' });
    expect(await me(await tokenOf('https://other.test'))).toMatchObject({ status: 401 });
    const old = await tokenOf();
    issuer.rotate(SECOND);
    expect(await me(await tokenOf())).toMatchObject({ status: 200 });
    expect(await me(old)).toMatchObject({ status: 401, detail: expect.stringMatching(/does not have/) });
    issuer.extraClaims = {};
    expect(await me(await tokenOf())).toMatchObject({ status: 403, detail: expect.stringMatching(/no claim groups/) });
  });

  it('signs a person in, who stays the same until the session ends', async () => {
    issuer.person = ADA;
    const browser = cookieJar();
    const back = await browser.follow(start('/ui/routes/shop?series=1'), callback());
    const answer = await browser.get(back);
    expect([answer.status, answer.headers.get('location')]).toEqual([302, '/ui/routes/shop?series=1']);
    const session = answer.headers.getSetCookie().find((line) => line.includes('=person.')) ?? '';
    expect(session).toMatch(/^serin-\d+=person\.[\w-]+; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/);
    const who = await browser.get(`${server.controlUrl}/api/v1/me`);
    expect(await who.json()).toMatchObject({
      name: 'ada@example.com',
      role: 'operator',
      via: 'session',
      subject: `${issuer.url}#u-1`,
    });
    expect([...browser.cookies(server.controlUrl).keys()].filter((name) => name.endsWith('-away'))).toEqual([]);
  });

  it('refuses what comes back twice, from another sign-in, or to another browser', async () => {
    const ada = cookieJar();
    const back = await ada.follow(start(), callback());
    const kept = new Map(ada.cookies(server.controlUrl));
    const stranger = cookieJar();
    const begunHere = /finished in the browser that began it/;
    expect(await refusal(await stranger.get(back))).toEqual([401, expect.stringMatching(begunHere)]);

    // Another state than that of this browser, and another code than that of this sign-in.
    const eve = cookieJar();
    const evesBack = new URL(await eve.follow(start(), callback()));
    const state = /belongs to another sign-in/;
    expect(await refusal(await eve.get(back))).toEqual([401, expect.stringMatching(state)]);
    const again = new URL(await eve.follow(start(), callback()));
    again.searchParams.set('code', evesBack.searchParams.get('code') ?? '');
    expect(await refusal(await eve.get(again.href))).toEqual([401, expect.stringMatching(/invalid_grant/)]);

    expect((await ada.get(back)).status).toBe(302);
    expect(await refusal(await ada.get(back))).toEqual([401, expect.stringMatching(begunHere)]);
    for (const [name, value] of kept) ada.cookies(server.controlUrl).set(name, value);
    expect(await refusal(await ada.get(back))).toEqual([401, expect.stringMatching(/may have been used/)]);
  });

  it('says one sentence to whoever the provider refuses or who has no role, and leads nowhere else', async () => {
    const browser = cookieJar();
    issuer.person = null;
    const denied = await browser.get(await browser.follow(start('//evil.test/'), callback()));
    expect(await refusal(denied)).toEqual([401, 'the provider says access_denied']);
    issuer.person = { ...ADA, sub: 'u-2', groups: ['<b>payroll</b>'] };
    const other = cookieJar();
    const said = await refusal(await other.get(await other.follow(start('https://evil.test/'), callback())));
    expect(said).toEqual([403, expect.stringMatching(/^nothing that the claim groups of ada@example\.com says/)]);
    issuer.person = ADA;
    const third = cookieJar();
    const answer = await third.get(await third.follow(start('/\\evil.test'), callback()));
    expect(answer.headers.get('location')).toBe('/');
  });

  it('gives sessions the roles of the file as it is now', async () => {
    const browser = cookieJar();
    await browser.get(await browser.follow(start(), callback()));
    const role = async () => {
      const answer = await browser.get(`${server.controlUrl}/api/v1/me`);
      return ((await answer.json()) as { role?: string }).role ?? answer.status;
    };
    expect(await role()).toBe('operator');
    home.write('serin.yaml', config('{ team: viewer, everybody: viewer }'));
    server.child.kill('SIGHUP');
    await expect.poll(role, { timeout: 10_000 }).toBe('viewer');
    home.write('serin.yaml', config('{ others: viewer }'));
    server.child.kill('SIGHUP');
    await expect.poll(role, { timeout: 10_000 }).toBe(401);
    home.write('serin.yaml', config('{ team: operator }'));
    server.child.kill('SIGHUP');
    await expect.poll(role, { timeout: 10_000 }).toBe('operator');
  });

  it('says that nobody can tell while the provider is down or slow, and keeps nobody waiting', async () => {
    issuer.extraClaims = { groups: ['team'] };
    const known = await tokenOf();
    issuer.rotate(THIRD, SECOND);
    issuer.mood = 'down';
    const unknown = await tokenOf();
    expect(await me(unknown)).toMatchObject({ status: 503, detail: expect.stringMatching(/its key is not known/) });
    expect(await me(known)).toMatchObject({ status: 200, role: 'operator' });
    issuer.mood = 'well';
    expect(server.output()).toMatch(/"msg":"oidcUnavailable"/);
    expect(server.output()).not.toContain(unknown.split('.')[1]);
    expect(server.output()).not.toContain(issuer.secret);
  });
});
