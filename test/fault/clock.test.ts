import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RolloutView } from '../../src/api/view-schemas.ts';
import type { ToyUpstream } from '../../src/demo/toy-upstream.ts';
import type { Traffic } from '../../src/demo/traffic.ts';
import { callerOf, toy, trafficTo } from '../support/cast.ts';
import { evenPolicy } from '../support/even-policy.ts';
import { type Home, makeHome, type ServerProcess, startServerProcess } from '../support/server-process.ts';

const POLICY = evenPolicy('judge: { block: 1s, minStep: 2s, warmUp: 0s }');
const WELL = { errorRate: 0, p50Ms: 2, p99Ms: 5 };
const PRELOAD = pathToFileURL(`${import.meta.dirname}/../support/set-clock.ts`).href;
const AT_MOST = { timeout: 60_000, interval: 200 };
const FIVE_MINUTES = 300_000;

describe('the clock of the machine is set while Serin runs on the embedded database', () => {
  let stable: ToyUpstream;
  let canary: ToyUpstream;
  let home: Home;
  let server: ServerProcess;
  let traffic: Traffic;
  const caller = callerOf(() => ({ url: server.controlUrl, token: home.token() }));

  const setClock = (byMs: number) => home.write('clock', String(byMs));
  const boot = () =>
    startServerProcess(home, { NODE_OPTIONS: `--import ${PRELOAD}`, SERIN_TEST_CLOCK: `${home.folder}/clock` });
  const metric = async (name: string) => {
    const text = await (await fetch(`${server.controlUrl}/metrics`)).text();
    return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1]);
  };
  const reaches = (version: string) => traffic.counts().byVersion[version] ?? 0;

  beforeAll(async () => {
    [stable, canary] = await Promise.all([toy('v1', WELL), toy('canary', WELL)]);
    home = makeHome(`gateway: { listen: 127.0.0.1:0 }
control: { listen: 127.0.0.1:0 }
controller: { tick: 1s }
policies: [even.yaml]
routes:
  - { name: shop, path: /shop, stable: { url: "${stable.url}", version: v1 }, policy: even, sticky: request }
channels: { console: false }
`);
    home.write('even.yaml', POLICY);
    setClock(0);
    await start();
  });

  afterAll(async () => {
    await traffic?.stop();
    server.child.kill('SIGKILL');
    await server.ended;
    await Promise.all([stable.close(), canary.close()]);
    home.remove();
  });

  async function start(): Promise<void> {
    await traffic?.stop();
    server = await boot();
    traffic = trafficTo(server.gatewayUrl, 200, 300_000);
  }

  async function rollOut(version: string): Promise<string> {
    canary.setBehaviour(WELL);
    const body = { route: 'shop', canaryUrl: canary.url, version, reason: 'ready' };
    const { id } = await caller.post<RolloutView>('/api/v1/rollouts', body);
    await expect.poll(() => reaches(version), AT_MOST).toBeGreaterThan(100);
    await looksAt(id);
    return id;
  }

  /** It has been looked at after now. */
  async function looksAt(id: string): Promise<void> {
    const before = (await caller.rollout(id))?.lookedAt;
    await expect.poll(async () => (await caller.rollout(id))?.lookedAt, AT_MOST).not.toBe(before);
    const after = (await caller.rollout(id))?.lookedAt;
    await expect.poll(async () => (await caller.rollout(id))?.lookedAt, AT_MOST).not.toBe(after);
  }

  it.each([
    ['back', -FIVE_MINUTES],
    ['forward', FIVE_MINUTES],
  ])('%s: every tick comes, nothing is trouble, and a canary that fails is rolled back', async (way, byMs) => {
    const id = await rollOut(`v-${way}`);
    setClock(byMs);
    try {
      await looksAt(id);
      expect((await caller.rollout(id))?.stage).toBe('step-1');
      expect(await metric('serin_rollout_last_look_age_seconds')).toBeLessThan(15);
      expect(await metric('serin_controller_leading')).toBe(1);
      const readiness = await (await fetch(`${server.controlUrl}/readyz`)).text();
      expect(readiness).toContain('"problems":[]');

      canary.setBehaviour({ errorRate: 0.5 });
      await expect.poll(async () => (await caller.rollout(id))?.stage, AT_MOST).toBe('rolled-back');
    } finally {
      setClock(0);
    }
    expect(server.output()).toContain('clockSet');
  });

  it('back, and the process is killed before it ticks again: the next one leads at once', async () => {
    const id = await rollOut('v-killed');
    server.child.kill('SIGKILL');
    await server.ended;
    setClock(-FIVE_MINUTES);
    try {
      await start();
      await expect.poll(() => metric('serin_controller_leading'), AT_MOST).toBe(1);
      await looksAt(id);
      expect(await metric('serin_rollout_last_look_age_seconds')).toBeLessThan(15);
      // What is started on the earlier clock is the later rollout all the same.
      await caller.post(`/api/v1/rollouts/${id}/abort`, { reason: 'the next one' });
      const next = await rollOut('v-next');
      expect(next > id).toBe(true);
      await caller.post(`/api/v1/rollouts/${next}/abort`, { reason: 'the test is over' });
    } finally {
      setClock(0);
    }
  });
});
