import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RolloutView } from '../../src/api/view-schemas.ts';
import type { ToyUpstream } from '../../src/demo/toy-upstream.ts';
import type { Traffic } from '../../src/demo/traffic.ts';
import { callerOf, toy, trafficTo } from '../support/cast.ts';
import { evenPolicy } from '../support/even-policy.ts';
import { type Home, makeHome, type ServerProcess, startServerProcess } from '../support/server-process.ts';

const POLICY = evenPolicy('judge: { minBlocks: 100, warmUp: 0s }');

describe('a canary that dies in the middle of a step', () => {
  let stable: ToyUpstream;
  let canary: ToyUpstream;
  let home: Home;
  let server: ServerProcess;
  let traffic: Traffic;

  beforeAll(async () => {
    [stable, canary] = await Promise.all([
      toy('v1', { errorRate: 0, p50Ms: 2, p99Ms: 5 }),
      toy('v2', { errorRate: 0, p50Ms: 2, p99Ms: 5 }),
    ]);
    home = makeHome(`gateway: { listen: 127.0.0.1:0 }
control: { listen: 127.0.0.1:0 }
controller: { tick: 1s }
policies: [even.yaml]
routes:
  - { name: shop, path: /shop, stable: { url: "${stable.url}", version: v1 }, policy: even, sticky: request }
channels: { console: false }
`);
    home.write('even.yaml', POLICY);
    server = await startServerProcess(home);
    traffic = trafficTo(server.gatewayUrl, 200, 60_000);
  });

  afterAll(async () => {
    await traffic.stop();
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    await Promise.all([stable.close(), canary.close()]);
    home.remove();
  });

  it('is braked, rolled back and audited long before the judge could say anything, and costs hardly anybody an answer', async () => {
    const caller = callerOf(() => ({ url: server.controlUrl, token: home.token() }));
    const body = { route: 'shop', canaryUrl: canary.url, version: 'v2', reason: 'ready' };
    const { id } = await caller.post<RolloutView>('/api/v1/rollouts', body);
    await expect.poll(() => traffic.counts().byVersion['v2'] ?? 0, { timeout: 20_000 }).toBeGreaterThan(100);
    await canary.close();
    await expect.poll(async () => (await caller.rollout(id))?.stage, { timeout: 20_000 }).toBe('rolled-back');
    const last = (await caller.audit(id))?.at(-1);
    expect(last).toMatchObject({ event: { kind: 'canaryBraked' }, before: { stage: 'step-1', canaryBps: 5_000 } });
    expect(last?.reason).toMatch(/20 .*in a row/);

    const before = traffic.counts();
    await sleep(500);
    const after = traffic.counts();
    expect(after.byVersion['v2']).toBe(before.byVersion['v2']);
    expect(after.byVersion['v1']).toBeGreaterThan(before.byVersion['v1'] ?? 0);
    // GETs without a body are tried again at the stable; what was under way when the canary went may be lost.
    expect(after.failed).toBeLessThanOrEqual(25);
  });
});
