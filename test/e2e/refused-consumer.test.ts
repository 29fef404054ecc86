import type { IncomingMessage } from 'node:http';
import { Pool } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RolloutView } from '../../src/api/view-schemas.ts';
import { callerOf } from '../support/cast.ts';
import { evenPolicy } from '../support/even-policy.ts';
import { type Home, makeHome, type ServerProcess, serin, startServerProcess } from '../support/server-process.ts';
import { httpUpstream, type TestUpstream } from '../support/upstream.ts';

const POLICY = evenPolicy('judge: { block: 1s, warmUp: 0s }');
const ENDPOINTS = ['/shop/orders', '/shop/carts', '/shop/prices', '/shop/stock'] as const;
const KEY = 'k-acme';
/** One request in so many is the consumer's, always to the first endpoint. */
const ONE_IN = 20;

function serve(status: (incoming: IncomingMessage) => number): Promise<TestUpstream> {
  return httpUpstream((incoming, outgoing) => {
    incoming.resume();
    outgoing.writeHead(status(incoming), { 'content-length': 0 }).end();
  });
}

describe('a canary that refuses one consumer', () => {
  let stable: TestUpstream;
  let canary: TestUpstream;
  let home: Home;
  let server: ServerProcess;
  let clients: Pool;
  let beat: NodeJS.Timeout;

  beforeAll(async () => {
    stable = await serve(() => 200);
    canary = await serve(({ headers }) => (headers['x-api-key'] === KEY ? 401 : 200));
    home = makeHome(`gateway: { listen: 127.0.0.1:0 }
control: { listen: 127.0.0.1:0 }
controller: { tick: 1s }
policies: [even.yaml]
routes:
  - { name: shop, path: /shop, stable: { url: "${stable.url}", version: v1 }, policy: even, consumerKey: { header: x-api-key } }
`);
    home.write('even.yaml', POLICY);
    server = await startServerProcess(home);
    clients = new Pool(server.gatewayUrl, { connections: 16 });
    let sent = 0;
    beat = setInterval(() => {
      for (let request = 0; request < 5; request += 1) {
        sent += 1;
        const isAcme = sent % ONE_IN === 0;
        const endpoint = isAcme ? ENDPOINTS[0] : ENDPOINTS[sent % ENDPOINTS.length];
        void clients
          .request({
            method: 'GET',
            path: `${endpoint ?? ''}/${sent}`,
            headers: { 'x-api-key': isAcme ? KEY : 'k-another' },
          })
          .then(({ body }) => body.dump())
          .catch(() => undefined);
      }
    }, 20);
  });

  afterAll(async () => {
    clearInterval(beat);
    await clients.destroy();
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    for (const upstream of [stable, canary]) await upstream.close();
    home.remove();
  });

  it('is held, then rolled back, and the sentence has the consumer, the endpoint and the status', async () => {
    const env = { SERIN_SERVER: server.controlUrl, SERIN_TOKEN: home.token() };
    const adding = [
      'consumers',
      'add',
      'shop',
      'acme',
      '--key-env',
      'ACME_KEY',
      '--to',
      'by-weight',
      '--reason',
      'ours',
    ];
    expect(await serin(adding, { env: { ...env, ACME_KEY: KEY } })).toMatchObject({ code: 0 });
    const caller = callerOf(() => ({ url: server.controlUrl, token: home.token() }));
    const body = { route: 'shop', canaryUrl: canary.url, version: 'v2', reason: 'ready' };
    const { id } = await caller.post<RolloutView>('/api/v1/rollouts', body);

    const held: string[] = [];
    const stage = async () => {
      const view = await caller.rollout(id);
      if (view?.stage !== 'rolled-back' && view?.verdict?.where) held.push(view.verdict.reason);
      return view?.stage;
    };
    await expect.poll(stage, { timeout: 45_000, interval: 200 }).toBe('rolled-back');
    const place = /consumer acme 100 % with 4xx against 0 %, \d+ against \d+ requests.*, most of it status 401/;
    expect(held.at(-1)).toMatch(place);

    const view = await caller.rollout(id);
    expect(view?.verdict).toMatchObject({
      name: 'harmful',
      where: { measure: 'clientErrors', status: { name: '401' } },
    });
    expect(view?.verdict?.reason).toMatch(place);
    expect(view?.verdict?.reason).toMatch(/GET \/shop\/orders\/\{id\} [\d.]+ % with 4xx against 0 %/);
    const { stdout } = await serin(['status', id], { env });
    expect(stdout).toMatch(place);
    expect(stdout).toMatch(/GET \/shop\/orders\/\{id\}/);
  });
});
