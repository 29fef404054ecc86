import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RolloutView } from '../../src/api/view-schemas.ts';
import type { ToyUpstream } from '../../src/demo/toy-upstream.ts';
import type { Traffic } from '../../src/demo/traffic.ts';
import { callerOf, toy, trafficTo } from '../support/cast.ts';
import { evenPolicy } from '../support/even-policy.ts';
import { type Home, makeHome, type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { httpUpstream, type TestUpstream } from '../support/upstream.ts';

const POLICY = evenPolicy(`checks:
  queries:
    queue:
      source: jobs
      query: "/stats/{{version}}#/queue/depth"
      interval: 1s
      worse: higher
      comparable: true
judge: { block: 1s, minStep: 1s, warmUp: 0s }`);

describe('a canary whose queue grows while its answers are well', () => {
  let stable: ToyUpstream;
  let canary: ToyUpstream;
  let stats: TestUpstream;
  let home: Home;
  let server: ServerProcess;
  let traffic: Traffic;

  beforeAll(async () => {
    const behaviour = { errorRate: 0, p50Ms: 2, p99Ms: 5 };
    [stable, canary] = await Promise.all([toy('v1', behaviour), toy('v2', behaviour)]);
    stats = await httpUpstream((request, response) => {
      response.end(JSON.stringify({ queue: { depth: request.url === '/stats/v2' ? 90 : 10 } }));
    });
    home = makeHome(`gateway: { listen: 127.0.0.1:0 }
control: { listen: 127.0.0.1:0 }
controller: { tick: 1s }
policies: [even.yaml]
sources: { jobs: { kind: json, url: "${stats.url}" } }
routes:
  - { name: shop, path: /shop, stable: { url: "${stable.url}", version: v1 }, policy: even, sticky: request }
channels: { console: false }
`);
    home.write('even.yaml', POLICY);
    server = await startServerProcess(home);
    traffic = trafficTo(server.gatewayUrl, 100, 90_000);
  });

  afterAll(async () => {
    await traffic.stop();
    server.child.kill('SIGTERM');
    await server.ended;
    await Promise.all([stable.close(), canary.close(), stats.close()]);
    home.remove();
  });

  it('is held, with the values that hold it', async () => {
    const caller = callerOf(() => ({ url: server.controlUrl, token: home.token() }));
    const body = { route: 'shop', canaryUrl: canary.url, version: 'v2', reason: 'ready' };
    const { id } = await caller.post<RolloutView>('/api/v1/rollouts', body);
    const verdict = async () => (await caller.rollout(id))?.verdict;
    await expect
      .poll(async () => (await verdict())?.reason, { timeout: 60_000, interval: 500 })
      .toMatch(/query queue 90 against 10 .*worse too often/);
    expect(await verdict()).toMatchObject({ name: 'undecided', worst: 'query:queue' });
    expect(await caller.rollout(id)).toMatchObject({ stage: 'step-1', active: true });
  });
});
