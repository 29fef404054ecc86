import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serinHere } from '../support/serin-here.ts';
import { type Home, makeHome, type ServerProcess, startServerProcess } from '../support/server-process.ts';

let home: Home;
let server: ServerProcess;

beforeAll(async () => {
  home = makeHome(`gateway: { listen: 127.0.0.1:0, timeouts: { notice: 0s } }
control: { listen: 127.0.0.1:0 }
routes:
  - { name: payments, path: /pay, stable: "http://127.0.0.1:9", policy: standard }
  - { name: shipping, path: /ship, stable: "http://127.0.0.1:9", policy: standard }
`);
  server = await startServerProcess(home);
});
afterAll(async () => {
  server.child.kill('SIGTERM');
  await server.ended;
  home.remove();
});

const ask = (line: string, token = home.token()) =>
  serinHere(line.split(' '), { env: { SERIN_SERVER: server.controlUrl, SERIN_TOKEN: token } });
const create = (line: string) => ask(`token create ${line} --reason tried`);
const send = (path: string, token: string, init: RequestInit = {}) =>
  fetch(`${server.controlUrl}/api/v1${path}`, { ...init, headers: { authorization: `Bearer ${token}` } });

describe('a token that is limited', { timeout: 120_000 }, () => {
  it('sees and does what it is for, says so, and is refused with a sentence that names its limits', async () => {
    const made = await create('deploys --role operator --route payments --verb pause --verb consumers --expires 30d');
    expect([made.code, made.stdout]).toEqual([0, expect.stringMatching(/^serin_limited_\S{43}\n$/)]);
    expect(made.stderr).toMatch(/\(deploys, operator: payments: pause, consumers, until \d{4}-\S+Z\); it is not shown/);
    const token = made.stdout.trim();

    expect(await (await send('/me', token)).json()).toMatchObject({
      scope: { routes: ['payments'], verbs: ['pause', 'consumers'] },
      verbs: ['pause', 'consumers'],
    });
    const routes = JSON.parse((await ask('routes -o json', token)).stdout) as { name: string }[];
    expect(routes.map(({ name }) => name)).toEqual(['payments']);
    for (const [line, says] of [
      ['consumers list shipping', 'this is about another route; the token of deploys is for the route payments only'],
      ['audit verify', 'this is about all routes, or names none; the token of deploys is for the route payments only'],
      [
        'start payments --canary http://127.0.0.1:9 --reason tried',
        'this needs the verb start; the token of deploys is for the verbs pause, consumers only',
      ],
      ['token list', 'this needs the role admin; deploys is operator'],
    ] as const) {
      const refused = await ask(line, token);
      expect([line, refused.code, refused.stderr]).toEqual([line, 1, expect.stringContaining(says)]);
    }
    expect((await ask('consumers list payments', token)).code).toBe(0);

    const { stdout } = await ask('token list');
    expect(stdout).toMatch(/^ID +NAME +ROLE +LIMITED TO +CREATED +EXPIRES +LAST USED +REVOKED$/m);
    expect(stdout).toMatch(/ deploys +operator +payments: pause, consumers +\S+Z +\S+Z +\S+Z +-$/m);
    const audit = await send('/audit?limit=1', home.token());
    expect(await audit.json()).toMatchObject([{ event: { kind: 'tokenCreated', scope: { routes: ['payments'] } } }]);
  });

  it('ends when it expires, with its streams, and one that is over is not made', async () => {
    for (const when of ['0s', '2020-01-01T00:00:00Z', '2020-01-01T00:00:00+25:00', '400d']) {
      const { code, stderr } = await create(`late --role viewer --expires ${when}`);
      expect([when, code, stderr]).toEqual([when, 2, expect.stringContaining('expires')]);
    }
    const token = (await create('brief --role admin --expires 3s')).stdout.trim();
    const stream = await send('/events', token);
    expect(stream.status).toBe(200);
    const read = await stream.text();
    expect(read).toMatch(/^id: \S+\nevent: hello\n/);
    const signal = AbortSignal.timeout(10_000);
    let answer = await send('/me', token, { signal });
    for (; answer.status !== 401; answer = await send('/me', token, { signal })) await sleep(50);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    expect(await answer.json()).toMatchObject({
      detail: expect.stringMatching(/^the token of brief expired at \S+Z: an admin makes another with /),
    });
  });
});
