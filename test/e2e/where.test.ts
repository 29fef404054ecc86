import { Pool } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RolloutView } from '../../src/api/view-schemas.ts';
import { callerOf } from '../support/cast.ts';
import { evenPolicy } from '../support/even-policy.ts';
import { type Home, makeHome, type ServerProcess, serin, startServerProcess } from '../support/server-process.ts';
import { httpUpstream, type TestUpstream } from '../support/upstream.ts';

const POLICY = evenPolicy('judge: { block: 1s, warmUp: 0s }');

const ENDPOINTS = ['GET /shop/orders', 'GET /shop/carts', 'PUT /shop/carts', 'POST /shop/pay'] as const;

function serve(status: (method: string, path: string) => number): Promise<TestUpstream> {
  return httpUpstream((incoming, outgoing) => {
    incoming.resume();
    outgoing.writeHead(status(incoming.method ?? '', incoming.url ?? ''), { 'content-length': 0 }).end();
  });
}

describe('a canary that fails on one endpoint only', () => {
  let stable: TestUpstream;
  let canary: TestUpstream;
  let home: Home;
  let server: ServerProcess;
  let clients: Pool;
  let beat: NodeJS.Timeout;

  beforeAll(async () => {
    stable = await serve(() => 200);
    // Both versions answer the health request of the preflight.
    canary = await serve((method, path) => (method === 'POST' && path.startsWith('/pay') ? 502 : 200));
    home = makeHome(`gateway: { listen: 127.0.0.1:0 }
control: { listen: 127.0.0.1:0 }
controller: { tick: 1s }
policies: [even.yaml]
routes:
  - { name: shop, path: /shop, stable: { url: "${stable.url}", version: v1 }, policy: even, sticky: request }
`);
    home.write('even.yaml', POLICY);
    server = await startServerProcess(home);
    clients = new Pool(server.gatewayUrl, { connections: 16 });
    let sent = 0;
    beat = setInterval(() => {
      for (const endpoint of ENDPOINTS) {
        const [method = 'GET', path = '/'] = endpoint.split(' ');
        sent += 1;
        void clients
          .request({ method: method as 'GET', path: `${path}/${sent}` })
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

  it('is rolled back, and the API, the audit, the command line and the page name that endpoint', async () => {
    const address = () => ({ url: server.controlUrl, token: home.token() });
    const caller = callerOf(address);
    const body = { route: 'shop', canaryUrl: canary.url, version: 'v2', reason: 'ready' };
    const { id } = await caller.post<RolloutView>('/api/v1/rollouts', body);
    await expect.poll(async () => (await caller.rollout(id))?.stage, { timeout: 60_000 }).toBe('rolled-back');

    const worst =
      /; worst: POST \/shop\/pay\/\{id\} 100 % against 0 %, \d+ against \d+ requests, most of it status 502/;
    const view = await caller.rollout(id);
    expect(view?.verdict).toMatchObject({
      name: 'harmful',
      where: { measure: 'errors', slices: [{ dimension: 'endpoint', name: 'POST /shop/pay/{id}', part: 1 }] },
    });
    expect(view?.verdict?.reason).toMatch(worst);
    const entry = (await caller.audit(id))?.at(-1);
    expect(entry?.event.kind).toBe('canaryJudgedHarmful');
    expect(entry?.reason).toMatch(worst);
    const page = new RegExp(`PAGE error shop protected: v2 rolled back at 50%.*${worst.source}`);
    await expect.poll(() => server.output(), { timeout: 20_000 }).toMatch(page);

    const env = { SERIN_SERVER: server.controlUrl, SERIN_TOKEN: home.token() };
    expect((await serin(['status', id], { env })).stdout).toMatch(worst);
    expect((await serin(['get', id], { env })).stdout).toMatch(/POST \/shop\/pay\/\{id\} +100% +0% +\d+ \/ \d+ +100 %/);
  });
});
