import type { RequestListener } from 'node:http';
import { Pool } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RolloutView } from '../../src/api/view-schemas.ts';
import { unitDraws, unitOf, unitSaltOf } from '../../src/split/unit-draw.ts';
import { type Caller, callerOf } from '../support/cast.ts';
import { type Home, makeHome, type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { httpUpstream, type TestUpstream } from '../support/upstream.ts';

const POLICY = `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: keyed }
spec:
  internal: { requests: 0 }
  steps: [{ weight: 20%, dwell: 1h }]
  judge: { block: 1s, warmUp: 0s }
`;

const ROUTES = ['client', 'half', 'dead', 'away'] as const;
/** A route with ten users, of whom one or two are the canary's. */
const FEW = 'few';
const USERS = 300;
const EVERY_MS = 20;
/** What the failing client sends at once, so that hardly anybody is answered between. */
const BURST = 40;
/** The second look at the keys of a weight is over by then. */
const TWO_LOOKS_MS = 35_000;

/** Whatever the version: this client's requests fail. */
const well: RequestListener = ({ headers }, outgoing) =>
  void outgoing.writeHead(String(headers['x-user']).startsWith('bad-') ? 500 : 200).end();
const half: RequestListener = ({ url = '' }, outgoing) =>
  void outgoing.writeHead(url.startsWith('/pay') ? 500 : 200).end();
/** A health request is answered well. */
const dead: RequestListener = ({ url = '' }, outgoing) =>
  void outgoing.writeHead(/^\/(pay|orders)/.test(url) ? 500 : 200).end();

const away: RequestListener = ({ url = '' }, outgoing) =>
  void (/^\/(pay|orders)/.test(url) ? outgoing.writeHead(302, { location: '/login' }) : outgoing).end();

describe('a route whose users keep their version', () => {
  const upstreams: TestUpstream[] = [];
  const beats: NodeJS.Timeout[] = [];
  let home: Home;
  let server: ServerProcess;
  let clients: Pool;
  let caller: Caller;

  const upstream = async (answer: RequestListener) => {
    const made = await httpUpstream(answer);
    upstreams.push(made);
    return made.url;
  };
  const start = async (route: string, answer: RequestListener) => {
    const body = { route, canaryUrl: await upstream(answer), version: 'v2', reason: 'ready' };
    return (await caller.post<RolloutView>('/api/v1/rollouts', body)).id;
  };
  const ask = async (route: string, user: string, endpoint = 'orders') => {
    const { statusCode, headers, body } = await clients.request({
      method: 'GET',
      path: `/${route}/${endpoint}`,
      headers: { 'x-user': user },
    });
    await body.dump();
    return `${String(headers['x-serin-version'])} ${statusCode}`;
  };
  const repeat = (what: () => Promise<unknown>, everyMs: number) =>
    beats.push(setInterval(() => void what().catch(() => undefined), everyMs));
  const rolledBack = async (id: string) => {
    await expect.poll(async () => (await caller.rollout(id))?.stage, { timeout: 45_000 }).toBe('rolled-back');
    return (await caller.audit(id))?.at(-1);
  };

  beforeAll(async () => {
    const stable = await upstream(well);
    const routes = [...ROUTES, FEW].map(
      (name) =>
        `  - { name: ${name}, path: /${name}, stable: { url: "${stable}", version: v1 }, policy: keyed, sticky: { header: x-user } }\n`,
    );
    home = makeHome(
      `gateway: { listen: 127.0.0.1:0 }\ncontrol: { listen: 127.0.0.1:0 }\ncontroller: { tick: 1s }\n` +
        `policies: [keyed.yaml]\nroutes:\n${routes.join('')}`,
    );
    home.write('keyed.yaml', POLICY);
    server = await startServerProcess(home);
    caller = callerOf(() => ({ url: server.controlUrl, token: home.token() }));
    clients = new Pool(server.gatewayUrl, { connections: 100 });
    let sent = 0;
    repeat(async () => {
      sent += 1;
      // 7 and 300 have no common factor: every user has their turn.
      const user = `user-${(7 * sent) % USERS}`;
      const endpoint = (sent + Math.floor(sent / USERS)) % 2 === 0 ? 'orders' : 'pay';
      await Promise.all(ROUTES.map((route) => ask(route, user, endpoint)));
    }, EVERY_MS);
  });

  afterAll(async () => {
    for (const beat of beats) clearInterval(beat);
    await clients.destroy();
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    for (const made of upstreams) await made.close();
    home.remove();
  });

  it('takes a canary back, and blames nobody, that fails everything of its one key', { timeout: 60_000 }, async () => {
    const draws = unitDraws(FEW, 'v2', 1);
    const of = (isCanarys: boolean, count: number) =>
      Array.from({ length: 500 }, (_, user) => `one-${user}`)
        .filter((user) => (draws[unitOf(unitSaltOf(FEW), user)] ?? 1) < 0.2 === isCanarys)
        .slice(0, count);
    const [users, [own = '']] = [of(false, 9), of(true, 1)];
    let turn = 0;
    repeat(() => ask(FEW, users[turn++ % users.length] ?? ''), EVERY_MS);
    const id = await start(FEW, dead);
    await expect.poll(() => ask(FEW, own), { interval: 50, timeout: 20_000 }).toBe('v2 500');
    const since = Date.now();
    await expect.poll(() => ask(FEW, own), { interval: 50, timeout: 20_000 }).toBe('v1 200');
    repeat(() => ask(FEW, own), EVERY_MS);
    await expect.poll(async () => (await caller.rollout(id))?.stage, { timeout: 20_000 }).toBe('aborted');
    expect(Date.now() - since).toBeLessThan(30_000);
    expect((await caller.audit(id))?.at(-1)).toMatchObject({
      event: { kind: 'canaryBraked', blames: 'nobody' },
      reason: expect.stringMatching(/^nearly all requests of one key failed on the canary, and (9|10) of the same/),
    });
  });

  it('takes back what is broken for everybody, and not what one client alone breaks', { timeout: 75_000 }, async () => {
    const [client, broken, gone, sent] = await Promise.all([
      start('client', well),
      start('half', half),
      start('dead', dead),
      start('away', away),
    ]);
    const since = Date.now();
    // Its answers are 500 by either version; it is the canary's.
    let bad = '';
    const another = () => {
      bad = `bad-${Math.random()}`;
      return ask('client', bad);
    };
    await expect.poll(another, { interval: 50, timeout: 20_000 }).toBe('v2 500');
    repeat(() => Promise.all(Array.from({ length: BURST }, () => ask('client', bad))), 500);

    expect((await rolledBack(gone))?.reason).toMatch(/^\d+ requests in a row, of at least 5 different keys, failed/);
    const taken = await rolledBack(broken);
    expect(taken?.event.kind).toBe('canaryJudgedHarmful');
    expect(taken?.reason).toMatch(/^canary errors by key .*; worst: GET \/half\/pay 100 % against 0 %.* status 500/);
    const redirected = await rolledBack(sent);
    expect(redirected?.event.kind).toBe('canaryJudgedHarmful');
    expect(redirected?.reason).toMatch(
      /^canary 4xx and unusual answers by key 100 % against .*; 100 % of the canary's requests were redirected \(302\), 0 % of the stable's/,
    );
    expect(Date.now() - since).toBeLessThan(60_000);

    await expect.poll(() => Date.now() - since, { timeout: 60_000, interval: 500 }).toBeGreaterThan(TWO_LOOKS_MS);
    const view = await caller.rollout(client);
    expect([view?.stage, view?.verdict?.name]).toEqual(['step-1', 'undecided']);
    const errors = view?.verdict?.findings.find(({ check }) => check === 'keys:errors');
    expect(errors?.says).toMatch(/one key causes 100 % of the canary's errors and counts once/);
    expect(errors?.canary).toBeGreaterThan(0.3);
    expect((await caller.audit(client))?.map(({ event }) => event.kind)).not.toContain('canaryBraked');
  });
});
