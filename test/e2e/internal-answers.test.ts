import type { RequestListener } from 'node:http';
import { Pool } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RolloutView } from '../../src/api/view-schemas.ts';
import { type Caller, callerOf } from '../support/cast.ts';
import { type Home, makeHome, type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { httpUpstream, type TestUpstream } from '../support/upstream.ts';

const policyOf = (name: string, breaking: string, more = '') => `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: ${name} }
spec:
  internal: { requests: 20 }
  steps: [{ weight: 20%, dwell: 1h }]
  checks: { responseShape: { breaking: ${breaking}, sample: 100%${more} } }
  judge: { block: 1s, warmUp: 0s }
`;

const COMPARING = `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: comparing }
spec:
  internal: { requests: 0 }
  steps: [{ weight: 20%, dwell: 1h }]
  checks: { answers: {} }
  judge: { block: 1s, warmUp: 0s }
`;

const json =
  (answer: (id: string) => object): RequestListener =>
  ({ url = '' }, outgoing) => {
    outgoing
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify(answer(url.split('/').at(-1) ?? '')));
  };
const stable = json((id) => ({ id, amount: 12, at: new Date().toISOString(), items: [{ sku: 'a', price: 1 }] }));
const renaming = json((id) => ({ id, total: 12, at: new Date().toISOString(), items: [{ sku: 'a', price: 1 }] }));

/** The time is noise, and the sum is wrong. */
const wrong = json((id) => ({ id, amount: 13, at: new Date().toISOString(), items: [{ sku: 'a', price: 1 }] }));

const ACME = { 'x-api-key': 'key of acme' };

/** Acme has moved to the new shape, and nobody else. */
const migrating: RequestListener = (incoming, outgoing) =>
  (incoming.headers['x-api-key'] === ACME['x-api-key'] ? renaming : stable)(incoming, outgoing);

const EVERY_MS = 20;

describe('a canary that answers 200, quickly, and something else', () => {
  const upstreams: TestUpstream[] = [];
  let home: Home;
  let server: ServerProcess;
  let clients: Pool;
  let beat: NodeJS.Timeout;
  let caller: Caller;

  const upstream = async (answer: RequestListener) => {
    const made = await httpUpstream(answer);
    upstreams.push(made);
    return made.url;
  };
  const ask = async (path: string, headers: Record<string, string> = {}) => {
    const { statusCode, body } = await clients.request({ method: 'GET', path, headers });
    return { statusCode, text: await body.text() };
  };
  const force = (route: string, headers: Record<string, string> = {}) =>
    ask(`/${route}/orders/7`, { 'x-serin-version': 'canary', ...headers });
  const start = async (route: string, answer: RequestListener, headers: Record<string, string> = {}) => {
    const body = { route, canaryUrl: await upstream(answer), version: 'v2', reason: 'ready' };
    const { id } = await caller.post<RolloutView>('/api/v1/rollouts', body);
    await expect.poll(async () => (await force(route, headers)).text, { timeout: 20_000 }).toContain('"total"');
    for (let forced = 0; forced < 20; forced += 1) await force(route, headers);
    return id;
  };

  beforeAll(async () => {
    const url = await upstream(stable);
    const route = (name: string, policy: string, more = '') =>
      `  - { name: ${name}, path: /${name}, stable: { url: "${url}", version: v1 }, policy: ${policy}${more} }\n`;
    home = makeHome(
      `gateway: { listen: 127.0.0.1:0 }\ncontrol: { listen: 127.0.0.1:0 }\ncontroller: { tick: 1s }\n` +
        `policies: [refusing.yaml, holding.yaml, migrating.yaml, comparing.yaml]\nroutes:\n` +
        `${route('refused', 'refusing')}${route('held', 'holding')}${route('migrated', 'migrating', ', consumerKey: { header: x-api-key }')}${route('compared', 'comparing', ', mirror: 50%')}`,
    );
    home.write('refusing.yaml', policyOf('refusing', 'rollback'));
    home.write('holding.yaml', policyOf('holding', 'hold'));
    home.write(
      'migrating.yaml',
      policyOf('migrating', 'hold', ', expect: [{ renamed: /amount -> /total, consumers: [acme] }]'),
    );
    home.write('comparing.yaml', COMPARING);
    server = await startServerProcess(home);
    caller = callerOf(() => ({ url: server.controlUrl, token: home.token() }));
    clients = new Pool(server.gatewayUrl, { connections: 20 });
    let sent = 0;
    beat = setInterval(() => {
      sent += 1;
      void ask(`/migrated/orders/${sent}`, ACME).catch(() => undefined);
      for (const name of ['refused', 'held', 'compared']) void ask(`/${name}/orders/${sent}`).catch(() => undefined);
    }, EVERY_MS);
  });

  afterAll(async () => {
    clearInterval(beat);
    await clients.destroy();
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    for (const made of upstreams) await made.close();
    home.remove();
  });

  it('is refused in the internal phase where the policy says so, with the field', async () => {
    const id = await start('refused', renaming);
    await expect.poll(async () => (await caller.rollout(id))?.stage, { timeout: 30_000 }).toBe('rolled-back');
    const amount = {
      kind: 'renamed',
      effect: 'breaking',
      place: 'GET /refused/orders/{id} 2xx',
      path: '/amount',
      to: '/total',
      canary: { count: 0, of: expect.any(Number), bounds: { low: 0 } },
    };
    expect((await caller.rollout(id))?.verdict?.reservations).toMatchObject([
      {
        kind: 'refuses',
        differences: [
          {
            ...amount,
            firstSeen: expect.stringMatching(/^20/),
            // Names of fields stay, and what they say is redacted where it could be somebody's.
            examples: expect.arrayContaining([
              { track: 'canary', text: expect.stringContaining('total') },
              { track: 'stable', text: expect.any(String) },
            ]),
          },
        ],
      },
    ]);
    expect((await caller.audit(id))?.at(-1)).toMatchObject({
      event: { kind: 'internalFailed', verdict: { reservations: [{ differences: [amount] }] } },
      reason: expect.stringMatching(
        /^forced answers differ from the stable's in GET \/refused\/orders\/\{id\} 2xx: \/amount is gone and \/total came.*; 0 of 2\d forced requests failed$/,
      ),
    });
  });

  it('is held there otherwise, and a person may advance it all the same', async () => {
    const id = await start('held', renaming);
    const reason = async () => (await caller.rollout(id))?.verdict?.reason;
    await expect
      .poll(reason, { timeout: 30_000 })
      .toMatch(/^forced answers differ from the stable's in GET \/held\/orders\/\{id\} 2xx: \/amount is gone/);
    expect(await caller.rollout(id)).toMatchObject({ stage: 'internal', waitsFor: ['advance'], openPage: null });
    await caller.post(`/api/v1/rollouts/${id}/advance`, { to: 'step-1', reason: 'clients know' });
    expect((await caller.rollout(id))?.stage).toBe('step-1');
  });

  it('passes where that is expected of the consumer who asked, whose answers are compared apart', async () => {
    const listed = { rule: 'by-weight', key: ACME['x-api-key'], reason: 'moves early' };
    await caller.put('/api/v1/routes/migrated/consumers/acme', listed);
    const id = await start('migrated', migrating, ACME);
    await expect.poll(async () => (await caller.rollout(id))?.stage, { timeout: 30_000 }).toBe('step-1');
    const passed = (await caller.audit(id))?.find(({ event }) => event.kind === 'internalPassed');
    expect(passed?.reason).toMatch(/shape of answers: 2\d forced answers as the stable's are there/);
    expect(passed?.reason).not.toContain('too few');
  });

  it('is held there by what both versions answer to the same requests, with no client served by it', async () => {
    const body = { route: 'compared', canaryUrl: await upstream(wrong), version: 'v2', reason: 'ready' };
    const { id } = await caller.post<RolloutView>('/api/v1/rollouts', body);
    const reason = async () => (await caller.rollout(id))?.verdict?.reason;
    await expect
      .poll(reason, { timeout: 30_000 })
      .toMatch(
        /^canary differs in GET \/compared\/orders\/\{id\} 2xx: \/amount has another value in .* requests, the stable's own answers in none: this holds the canary$/,
      );
    expect(await caller.rollout(id)).toMatchObject({ stage: 'internal', canaryBps: 0, waitsFor: ['advance'] });
    expect((await ask('/compared/orders/1')).text).toContain('"amount":12');
  });
});
