import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askRaw, fieldOf } from '../support/raw-client.ts';
import { type Home, makeHome, type ServerProcess, startServerProcess } from '../support/server-process.ts';

type Fields = Readonly<Record<string, string>>;

/** A browser's view of a server: by a name of its own, and by what a page says of where it comes from. */
interface Browser {
  readonly origin: string;
  ask(
    method: string,
    path: string,
    fields: Fields,
    body?: object,
  ): Promise<{ status: number; cookie: string; json: unknown }>;
}

interface Stage {
  readonly home: Home;
  readonly server: ServerProcess;
  at(host: string): Browser;
}

async function open(control: string): Promise<Stage> {
  const home = makeHome(`gateway: { listen: 127.0.0.1:0, timeouts: { notice: 0s } }
control: ${control}
routes:
  - { name: shop, stable: "http://127.0.0.1:9", policy: standard }
`);
  const server = await startServerProcess(home);
  const port = Number(new URL(server.controlUrl).port);
  return { home, server, at: (host) => browserAt(port, `${host}:${port}`) };
}

function browserAt(port: number, host: string): Browser {
  return {
    origin: `http://${host}`,
    async ask(method, path, fields, body) {
      const text = body === undefined ? '' : JSON.stringify(body);
      const sent = {
        host,
        connection: 'close',
        ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(text.length) }),
        ...fields,
      };
      const lines = Object.entries(sent).map(([name, value]) => `${name}: ${value}`);
      const answer = await askRaw(port, `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${text}`, method);
      const said = answer.body.toString();
      return {
        status: answer.status,
        cookie: fieldOf(answer.headers, 'set-cookie') ?? '',
        json: said === '' ? null : (JSON.parse(said) as unknown),
      };
    },
  };
}

async function close({ home, server }: Stage): Promise<void> {
  server.child.kill('SIGTERM');
  await server.ended;
  home.remove();
}

describe('a browser that signs in', () => {
  let stage: Stage;
  let page: Browser;
  const sent = (setCookie: string) => ({ cookie: setCookie.split(';')[0] ?? '' });
  const signIn = (token: string) => page.ask('POST', '/api/v1/session', { origin: page.origin }, { token });
  const ada = { name: 'ada', role: 'viewer', reason: 'new' };
  const made = (json: unknown) => json as { readonly id: string; readonly token: string };

  beforeAll(async () => {
    stage = await open('{ listen: 127.0.0.1:0, hosts: [serin.test] }');
    page = stage.at('serin.test');
  });
  afterAll(() => close(stage));

  it('reads, and is who the token is', async () => {
    const { status, cookie } = await signIn(stage.home.token());
    expect([status, cookie]).toEqual([204, expect.stringMatching(/^serin-\d+=.*; HttpOnly; SameSite=Strict$/)]);
    expect(await page.ask('GET', '/api/v1/rollouts', sent(cookie))).toMatchObject({ status: 200, json: [] });
    const me = await page.ask('GET', '/api/v1/me', sent(cookie));
    expect(me).toMatchObject({ status: 200, json: { name: 'local admin', role: 'admin', via: 'session' } });
    const left = Date.parse((me.json as { readonly until: string }).until) - Date.now();
    expect(left).toBeGreaterThan(11.9 * 3_600_000);
    expect(left).toBeLessThanOrEqual(12 * 3_600_000);
  });

  it('writes from the page of this server, in its own name, and from no other', async () => {
    const session = sent((await signIn(stage.home.token())).cookie);
    const tokens = async () => ((await page.ask('GET', '/api/v1/tokens', session)).json as unknown[]).length;
    const before = await tokens();
    const others: readonly Fields[] = [
      {},
      { origin: 'https://evil.example' },
      { origin: stage.at('127.0.0.1').origin },
      { 'sec-fetch-site': 'cross-site' },
      { origin: page.origin, 'content-type': 'text/plain' },
    ];
    const statuses = [];
    for (const fields of others) {
      statuses.push((await page.ask('POST', '/api/v1/tokens', { ...session, ...fields }, ada)).status);
    }
    expect(statuses).toEqual([403, 403, 403, 403, 415]);
    expect(await tokens()).toBe(before);
    const own = { ...session, origin: page.origin, 'sec-fetch-site': 'same-origin' };
    expect((await page.ask('POST', '/api/v1/tokens', own, ada)).status).toBe(201);
    expect((await page.ask('GET', '/api/v1/audit?limit=1', session)).json).toMatchObject([
      { actor: { name: 'local admin', role: 'admin' }, reason: 'new' },
    ]);
  });

  it('is out at once when the token is revoked', async () => {
    const bearer = { authorization: `Bearer ${stage.home.token()}` };
    const { id, token } = made((await page.ask('POST', '/api/v1/tokens', bearer, ada)).json);
    const session = sent((await signIn(token)).cookie);
    expect((await page.ask('GET', '/api/v1/rollouts', session)).status).toBe(200);
    expect((await page.ask('DELETE', `/api/v1/tokens/${id}?reason=left`, bearer)).status).toBe(204);
    expect((await page.ask('GET', '/api/v1/rollouts', session)).status).toBe(401);
    expect((await signIn(token)).status).toBe(401);
  });

  it('signs out', async () => {
    const session = sent((await signIn(stage.home.token())).cookie);
    expect(await page.ask('DELETE', '/api/v1/session', { ...session, origin: 'https://evil.example' })).toMatchObject({
      status: 403,
      cookie: '',
    });
    expect(await page.ask('DELETE', '/api/v1/session', { ...session, origin: page.origin })).toMatchObject({
      status: 204,
      cookie: expect.stringMatching(/^serin-\d+=; Max-Age=0; Path=\//),
    });
    expect((await page.ask('GET', '/api/v1/rollouts', {})).status).toBe(401);
  });
});

describe('a browser that does not sign in, where anybody may read', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await open('{ listen: 127.0.0.1:0, hosts: [serin.test], anonymous: viewer }');
  });
  afterAll(() => close(stage));

  it.each([
    ['serin.test', 200],
    ['127.0.0.1', 200],
    ['evil.example', 421],
    ['serin.test.evil.example', 421],
  ])('asks %s and is answered %i', async (host, status) => {
    const page = stage.at(host);
    expect((await page.ask('GET', '/api/v1/rollouts', {})).status).toBe(status);
  });

  it('is nobody, and writes nothing', async () => {
    const page = stage.at('serin.test');
    expect((await page.ask('GET', '/api/v1/me', {})).json).toEqual({
      name: 'anonymous',
      role: 'viewer',
      roles: ['viewer'],
      verbs: [],
      scope: null,
      expiresAt: null,
      via: 'anonymous',
      subject: null,
      until: null,
    });
    const own = { origin: page.origin, 'sec-fetch-site': 'same-origin' };
    const start = { route: 'shop', canaryUrl: 'http://127.0.0.1:9', reason: 'x' };
    expect((await page.ask('POST', '/api/v1/rollouts', own, start)).status).toBe(401);
    expect((await page.ask('GET', '/api/v1/audit', {})).json).toMatchObject([{ reason: 'first start' }]);
  });
});
