import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RolloutView } from '../../src/api/view-schemas.ts';
import { startTraffic, type Traffic } from '../../src/demo/traffic.ts';
import { type Caller, callerOf } from '../support/cast.ts';
import { type MeasuredService, measuredService } from '../support/measured-service.ts';
import { prometheusBinary, startPrometheus, type TestPrometheus } from '../support/prometheus.ts';
import { serviceOrSkip } from '../support/require-service.ts';
import { type Home, makeHome, type ServerProcess, serin, startServerProcess } from '../support/server-process.ts';

const POLICY = `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: by-metrics }
spec:
  internal: { requests: 0 }
  steps:
    - { weight: 30%, dwell: 1s }
    - { weight: 50%, dwell: 1s }
  bake: { dwell: 1s }
  checks:
    errors: { parity: { relative: 25%, absolute: 2pp } }
    clientErrors: { parity: { relative: 50%, absolute: 2pp } }
    latency: { classic: { parity: { relative: 60%, absolute: 10pp } } }
  judge:
    minStep: 1s
    warmUp: 0s
    dispersion: { initial: 1 }
  blind: { after: 1h, action: hold }
`;
const ROUTES = ['healthy', 'harmful', 'slow', 'stopped', 'frozen', 'absent'] as const;
type Route = (typeof ROUTES)[number];

interface Stage {
  readonly stable: MeasuredService;
  readonly canary: MeasuredService;
}

serviceOrSkip('prometheus', await prometheusBinary())('a rollout judged on Prometheus alone', (binary) => {
  const stages = new Map<Route, Stage>();
  let prometheus: TestPrometheus;
  let home: Home;
  let server: ServerProcess;
  let caller: Caller;

  beforeAll(async () => {
    for (const route of ROUTES) {
      const [stable, canary] = await Promise.all([measuredService(route, 'v1'), measuredService(route, 'v2')]);
      stages.set(route, { stable, canary });
    }
    const services = [...stages.values()].flatMap(({ stable, canary }) => [stable, canary]);
    // What was never asked exports nothing, and nothing of it could be told before a rollout.
    await Promise.all(services.map(({ url }) => fetch(url)));
    prometheus = await startPrometheus(binary, { targets: services.map(({ exporter }) => ({ port: exporter.port })) });
    home = makeHome(`gateway: { listen: 127.0.0.1:0 }
control: { listen: 127.0.0.1:0 }
controller: { tick: 1s }
policies: [by-metrics.yaml]
sources:
  shop-metrics: { kind: prometheus, url: "${prometheus.url}", interval: 1s, timeout: 2s }
routes:
${ROUTES.map((route) => routeYaml(route)).join('')}${routeYaml('absent', 'unmeasured', 'nowhere')}channels: { console: false }
`);
    home.write('by-metrics.yaml', POLICY);
    server = await startServerProcess(home);
    await prometheus.scraped();
    caller = callerOf(() => ({ url: server.controlUrl, token: home.token() }));
  });

  afterAll(async () => {
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    await prometheus.close();
    await Promise.all([...stages.values()].flatMap(({ stable, canary }) => [stable.close(), canary.close()]));
    home.remove();
  });

  const routeYaml = (route: Route, name: string = route, service = name) => `  - name: ${name}
    path: /${name}
    stable: { url: "${stageOf(route).stable.url}", version: v1 }
    policy: by-metrics
    sticky: request
    source: shop-metrics
    metrics: { preset: otel, match: { service: ${service} }, version: { label: service_version } }
`;

  function stageOf(route: Route): Stage {
    const stage = stages.get(route);
    if (!stage) throw new Error(`nothing serves ${route}`);
    return stage;
  }

  async function start(route: Route, version = 'v2'): Promise<string> {
    const body = { route, canaryUrl: stageOf(route).canary.url, version, reason: 'ready' };
    const { id } = await caller.post<RolloutView>('/api/v1/rollouts', body);
    return id;
  }

  /** Runs with steady traffic to a route. */
  async function under(route: Route, body: (traffic: Traffic) => Promise<void>): Promise<void> {
    const traffic = startTraffic({
      gatewayUrl: server.gatewayUrl,
      path: `/${route}/orders`,
      perSecond: 150,
      forMs: 110_000,
      users: 1_000,
    });
    try {
      await body(traffic);
    } finally {
      await traffic.stop();
    }
  }

  async function until(
    id: string,
    seen: (rollout: RolloutView | null) => unknown,
    wanted: unknown,
    timeout = 60_000,
  ): Promise<void> {
    // Tests that run side by side cannot share `expect.poll`.
    await vi.waitFor(async () => expect(seen(await caller.rollout(id))).toEqual(wanted), { timeout, interval: 100 });
  }
  const verdictOf = (rollout: RolloutView | null) => rollout?.verdict?.name ?? null;
  const reasonOf = (rollout: RolloutView | null) => rollout?.verdict?.reason ?? '';

  describe.concurrent('while its source answers', () => {
    it('promotes a healthy canary, although its counters begin again on the way', async () => {
      await under('healthy', async () => {
        const id = await start('healthy');
        await until(id, (rollout) => rollout?.verdict?.findings.some(({ requests }) => requests.canary > 100), true);
        stageOf('healthy').canary.exporter.reset();
        await until(id, (rollout) => rollout?.stage, 'finalised', 90_000);
        const passed = (await caller.audit(id))?.filter(({ event }) => event.kind === 'stepPassed');
        expect(passed).toHaveLength(2);
      });
    });

    it('rolls back a canary that fails', async () => {
      await under('harmful', async (traffic) => {
        const id = await start('harmful');
        await until(id, (rollout) => rollout?.verdict?.findings.some(({ requests }) => requests.canary > 0), true);
        stageOf('harmful').canary.fail(0.15);
        await until(id, (rollout) => rollout?.stage, 'rolled-back');
        expect((await caller.audit(id))?.at(-1)).toMatchObject({
          event: { kind: 'canaryJudgedHarmful' },
          reason: expect.stringMatching(/canary errors/),
        });
        // What was under way is answered first.
        await sleep(500);
        const before = traffic.counts().byVersion['v2'];
        await sleep(500);
        expect(traffic.counts().byVersion['v2']).toBe(before);
      });
    });

    it('rolls back a canary that is slow and does not fail, by the share of its answers above a boundary', async () => {
      await under('slow', async () => {
        const id = await start('slow');
        await until(id, (rollout) => rollout?.verdict?.findings.some(({ requests }) => requests.canary > 0), true);
        stageOf('slow').canary.slow(3);
        await until(id, (rollout) => rollout?.stage, 'rolled-back');
        expect((await caller.audit(id))?.at(-1)).toMatchObject({
          event: { kind: 'canaryJudgedHarmful' },
          reason: expect.stringMatching(/answers slower than \d+ ms .* against /),
        });
      });
    });

    it('is blind while the series of the canary stand still, and goes on when they move again', async () => {
      await under('frozen', async () => {
        const id = await start('frozen');
        await until(id, (rollout) => rollout?.verdict?.findings.some(({ requests }) => requests.canary > 0), true);
        stageOf('frozen').canary.exporter.become('silent');
        await until(
          id,
          (rollout) => [verdictOf(rollout), reasonOf(rollout).includes('newest sample of the canary v2')],
          ['blind', true],
        );
        const held = await caller.rollout(id);
        stageOf('frozen').canary.exporter.become('speaks');
        await until(id, (rollout) => rollout?.stage, 'finalised', 90_000);
        expect(held?.stage).toMatch(/^step-/);
      });
    });

    it('is not started where nothing is measured of the stable, and `validate --online` says where that is declared', async () => {
      const validate = (route: string) =>
        serin(['validate', '--online', 'by-metrics.yaml', '--route', route, '--canary', 'v2'], {
          cwd: home.folder,
          env: { SERIN_SERVER: server.controlUrl, SERIN_TOKEN: home.token() },
        });
      const good = await validate('absent');
      expect([good.code, good.stderr]).toEqual([0, '']);
      const bad = await validate('unmeasured');
      expect(bad.code).toBe(2);
      expect(bad.stderr).toMatch(
        /serin\.yaml:\d+:14 requests of the stable v1: there is no series .*service="nowhere"/,
      );
      expect(bad.stderr).toMatch(/latencies of the stable v1: there is no series .*_bucket\{/);
      const body = { route: 'unmeasured', canaryUrl: stageOf('absent').canary.url, version: 'v2', reason: 'ready' };
      await expect(caller.post('/api/v1/rollouts', body)).rejects.toThrow(
        /requests of the stable v1: there is no series/,
      );
    });

    it('is blind where nothing is measured of the canary at all', async () => {
      await under('absent', async () => {
        const id = await start('absent', 'v3');
        await until(id, verdictOf, 'blind');
        expect(await caller.rollout(id)).toMatchObject({
          stage: 'step-1',
          verdict: { reason: expect.stringContaining('no sample of the canary v3') },
        });
      });
    });
  });

  it('is blind while the source is away, holds the weight, and goes on when it is back', async () => {
    await under('stopped', async () => {
      const id = await start('stopped');
      await until(id, (rollout) => (rollout?.canaryBps ?? 0) > 0, true);
      await prometheus.kill();
      await until(id, verdictOf, 'blind');
      const held = await caller.rollout(id);
      expect(held?.verdict?.reason).toMatch(/shop-metrics did not answer/);
      await sleep(3_000);
      expect(await caller.rollout(id)).toMatchObject({ stage: held?.stage, canaryBps: held?.canaryBps });
      await prometheus.start();
      await until(id, (rollout) => rollout?.stage, 'finalised', 90_000);
    });
  });
});
