import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RolloutView } from '../../src/api/view-schemas.ts';
import type { ToyUpstream } from '../../src/demo/toy-upstream.ts';
import type { Traffic } from '../../src/demo/traffic.ts';
import { callerOf, toy, trafficTo } from '../support/cast.ts';
import { type Home, makeHome, type ServerProcess, startServerProcess } from '../support/server-process.ts';

const QUICK = { errorRate: 0, p50Ms: 4, p99Ms: 12 };
const COLD = { errorRate: 0, p50Ms: 40, p99Ms: 120 };

/** A warm-up of seconds, and margins that a loaded machine keeps. */
const POLICY = `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: warming }
spec:
  internal: { requests: 0 }
  steps:
    - { weight: 40%, dwell: 0s }
  bake: { dwell: 1s }
  harm: { failed: 10000, slow: 10000 }
  brake: { failures: 10000 }
  checks:
    errors: { parity: { relative: 25%, absolute: 2pp } }
    latency:
      p50: { rollback: 60%, parity: 100% }
      p95: { rollback: 60%, parity: 150% }
      p99: { rollback: 60%, parity: 300% }
  judge:
    block: 1s
    minStep: 1s
    warmUp: 6s
    reference: 5s
    dispersion: { initial: 1 }
`;

describe('a canary that starts', () => {
  let stable: ToyUpstream;
  let failing: ToyUpstream;
  let cold: ToyUpstream;
  let home: Home;
  let server: ServerProcess;
  let traffic: Traffic;
  const caller = callerOf(() => ({ url: server.controlUrl, token: home.token() }));
  const start = (version: string, { url }: ToyUpstream) =>
    caller.post<RolloutView>('/api/v1/rollouts', { route: 'shop', canaryUrl: url, version, reason: 'ready' });
  const stageOf = async (id: string) => (await caller.rollout(id))?.stage;
  const kindsOf = async (id: string) => ((await caller.audit(id)) ?? []).map(({ event }) => event.kind);

  beforeAll(async () => {
    [stable, failing, cold] = await Promise.all([
      toy('v1', QUICK),
      toy('v2', { ...QUICK, errorRate: 0.8 }),
      toy('v3', COLD),
    ]);
    home = makeHome(`gateway: { listen: 127.0.0.1:0 }
control: { listen: 127.0.0.1:0 }
controller: { tick: 1s }
policies: [warming.yaml]
routes:
  - { name: shop, path: /shop, stable: { url: "${stable.url}", version: v1 }, policy: warming, sticky: request }
channels: { console: false }
`);
    home.write('warming.yaml', POLICY);
    server = await startServerProcess(home);
    traffic = trafficTo(server.gatewayUrl, 200, 120_000);
  });

  afterAll(async () => {
    await traffic.stop();
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    await Promise.all([stable, failing, cold].map((one) => one.close()));
    home.remove();
  });

  it('and fails most requests is out in under a minute', async () => {
    const began = performance.now();
    const { id } = await start('v2', failing);
    await expect.poll(() => stageOf(id), { timeout: 60_000 }).toBe('rolled-back');
    expect(performance.now() - began).toBeLessThan(60_000);
    expect((await kindsOf(id)).at(-1)).toBe('canaryJudgedHarmful');
    expect((await caller.rollout(id))?.reason).toMatch(/^canary errors while it warms up [\d.]+ % against /);
  });

  it('and is slow for some seconds goes back once, and is promoted', async () => {
    const { id } = await start('v3', cold);
    await expect.poll(() => kindsOf(id), { timeout: 30_000 }).toContain('canarySteppedBack');
    cold.setBehaviour(QUICK);
    const back = await caller.rollout(id);
    expect(back).toMatchObject({ stage: 'step-1', canaryBps: 400, openPage: null });
    expect(back?.reason).toMatch(/, while it warms up.*; back to 4% for 6s, then once more; nobody is blamed$/);
    await expect.poll(() => stageOf(id), { timeout: 150_000 }).toBe('finalised');
    expect(await kindsOf(id)).not.toContain('canaryJudgedHarmful');
  }, 240_000);
});
