import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RolloutView } from '../../src/api/view-schemas.ts';
import type { RouteView } from '../../src/api/views/route-view.ts';
import type { ToyUpstream } from '../../src/demo/toy-upstream.ts';
import { toy, trafficTo } from '../support/cast.ts';
import { type Home, makeHome, type ServerProcess, serin, startServerProcess } from '../support/server-process.ts';

let toys: readonly ToyUpstream[];
let home: Home;
let server: ServerProcess;

beforeAll(async () => {
  toys = await Promise.all([toy('v1'), toy('v2')]);
  const stable = `{ url: "${toys[0]?.url}", version: v1 }`;
  home = makeHome(`gateway: { listen: 127.0.0.1:0 }
control: { listen: 127.0.0.1:0 }
controller: { tick: 1s }
sources: { prometheus: { kind: prometheus, url: "http://127.0.0.1:1" } }
routes:
  - { name: shop, path: /shop, stable: ${stable}, policy: demo }
  - { name: media, host: media.example.com, path: /, stable: ${stable}, policy: standard }
  - name: search
    stable: ${stable}
    policy: standard
    router: none
    source: prometheus
    metrics: { preset: otel, version: { label: version } }
`);
  server = await startServerProcess(home);
});

afterAll(async () => {
  server.child.kill('SIGTERM');
  await server.ended;
  await Promise.all(toys.map((one) => one.close()));
  home.remove();
});

async function ask<T>(method: string, path: string, body?: object): Promise<T> {
  const answer = await fetch(new URL(`/api/v1${path}`, server.controlUrl), {
    method,
    headers: { authorization: `Bearer ${home.token()}`, 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify({ reason: 'tried', ...body }) } : {}),
    signal: AbortSignal.timeout(30_000),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

const routes = () => ask<readonly RouteView[]>('GET', '/routes');

describe('the routes of a whole Serin', () => {
  it('are what the file declares, with the split in force and nothing made up', async () => {
    const [shop, media, search] = await routes();
    expect(shop).toMatchObject({
      name: 'shop',
      host: null,
      path: '/shop',
      stable: { version: 'v1' },
      policy: 'demo',
      router: 'gateway',
      split: { onTrial: false, since: expect.stringMatching(/^20\d\d-/) },
      rollout: null,
      lastEnded: null,
    });
    expect(media).toMatchObject({ host: 'media.example.com', path: '/' });
    expect(search).toMatchObject({ router: 'none', host: null, path: null, split: null });
    const unknown = Array(60).fill(null);
    expect(search?.traffic).toEqual({ perSecond: null, stable: unknown, canary: unknown });
  });

  it('have the traffic that the gateway counted', async () => {
    const traffic = trafficTo(server.gatewayUrl, 20, 60_000);
    try {
      await expect.poll(async () => (await routes())[0]?.traffic.perSecond, { timeout: 60_000 }).toBeGreaterThan(1);
    } finally {
      await traffic.stop();
    }
    expect((await routes())[1]?.traffic.perSecond).toBe(0);
  });

  it('say what runs and how it ended, to programs and to people', async () => {
    const started = { route: 'media', canaryUrl: toys[1]?.url, version: 'v2' };
    const { id } = await ask<RolloutView>('POST', '/rollouts', started);
    const media = async () => (await routes())[1];
    const internal = { id, version: 'v2', stage: 'internal', canaryBps: 0, waitsFor: [], openPage: null };
    expect((await media())?.rollout).toMatchObject(internal);
    await ask('POST', `/rollouts/${id}/pause`, {});
    expect((await media())?.rollout).toMatchObject({ ...internal, waitsFor: ['resume'] });
    const env = { SERIN_SERVER: server.controlUrl, SERIN_TOKEN: home.token() };
    const running = await serin(['routes'], { env });
    expect(running).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /^media +media\.example\.com\/ +v1 +standard +v2 in internal at 0%.* \(waits for resume\)$/m,
      ),
    });
    await ask('POST', `/rollouts/${id}/abort`, {});
    expect(await media()).toMatchObject({ rollout: null, lastEnded: { id, version: 'v2', stage: 'aborted' } });
    const ended = await serin(['routes', '-o', 'json'], { env });
    // Null for ten seconds, until the gateway's totals were read twice.
    const traffic = { perSecond: expect.toBeOneOf([null, 0]) };
    expect(JSON.parse(ended.stdout)).toMatchObject([
      { name: 'shop' },
      { name: 'media', lastEnded: { id }, traffic },
      { name: 'search' },
    ]);
  });
});
