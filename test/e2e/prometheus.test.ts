import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RolloutView } from '../../src/api/view-schemas.ts';
import { startTraffic, type Traffic } from '../../src/demo/traffic.ts';
import { type Caller, callerOf } from '../support/cast.ts';
import { type MeasuredService, measuredService } from '../support/measured-service.ts';
import { prometheusBinary, startPrometheus, type TestPrometheus } from '../support/prometheus.ts';
import { serviceOrSkip } from '../support/require-service.ts';
import { type Home, makeHome, type ServerProcess, startServerProcess } from '../support/server-process.ts';

/** Errors alone decide here: the services answer too evenly for the latency of a busy machine to be compared. */
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
  judge:
    minStep: 1s
    warmUp: 0s
    dispersion: { initial: 1 }
    weights: { errors: 0.7, dominance: 0, p50: 0.1, p95: 0.1, p99: 0.1, guards: 0 }
  blind: { after: 1h, action: hold }
`;
const LATENCY_CHECKS = ['p50', 'p95', 'p99'];
const ROUTES = ['healthy', 'harmful', 'stopped', 'frozen', 'absent'] as const;
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
    prometheus = await startPrometheus(binary, { targets: services.map(({ exporter }) => ({ port: exporter.port })) });
    home = makeHome(`gateway: { listen: 127.0.0.1:0 }
control: { listen: 127.0.0.1:0 }
controller: { tick: 1s }
policies: [by-metrics.yaml]
sources:
  shop-metrics: { kind: prometheus, url: "${prometheus.url}", interval: 1s, timeout: 2s }
routes:
${ROUTES.map(routeYaml).join('')}channels: { console: false }
`);
    home.write('by-metrics.yaml', POLICY);
    server = await startServerProcess(home);
    caller = callerOf(() => ({ url: server.controlUrl, token: home.token() }));
  });

  afterAll(async () => {
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    await prometheus.close();
    await Promise.all([...stages.values()].flatMap(({ stable, canary }) => [stable.close(), canary.close()]));
    home.remove();
  });

  const routeYaml = (route: Route) => `  - name: ${route}
    path: /${route}
    stable: { url: "${stageOf(route).stable.url}", version: v1 }
    policy: by-metrics
    sticky: request
    source: shop-metrics
    metrics: { preset: otel, match: { service: ${route} }, version: { label: service_version } }
`;

  function stageOf(route: Route): Stage {
    const stage = stages.get(route);
    if (!stage) throw new Error(`nothing serves ${route}`);
    return stage;
  }

  async function start(route: Route, version = 'v2'): Promise<string> {
    const body = { route, canaryUrl: stageOf(route).canary.url, version, reason: 'ready' };
    const { id } = await caller.post<RolloutView>('/api/v1/rollouts', body);
    for (const check of LATENCY_CHECKS) {
      await caller.post(`/api/v1/rollouts/${id}/skip`, { check, reason: 'only errors decide here' });
    }
    return id;
  }

  /** Runs with steady traffic to a route. */
  async function under(route: Route, body: (traffic: Traffic) => Promise<void>): Promise<void> {
    const traffic = startTraffic({
      gatewayUrl: server.gatewayUrl,
      path: `/${route}/orders`,
      perSecond: 250,
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
    await expect.poll(async () => seen(await caller.rollout(id)), { timeout, interval: 100 }).toEqual(wanted);
  }
  const verdictOf = (rollout: RolloutView | null) => rollout?.verdict?.name ?? null;
  const reasonOf = (rollout: RolloutView | null) => rollout?.verdict?.reason ?? '';

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
      const before = traffic.counts().byVersion['v2'];
      await sleep(500);
      expect(traffic.counts().byVersion['v2']).toBe(before);
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

  it('is blind while the series of the canary stand still, and goes on when they move again', async () => {
    await under('frozen', async () => {
      const id = await start('frozen');
      await until(id, (rollout) => rollout?.verdict?.findings.some(({ requests }) => requests.canary > 0), true);
      stageOf('frozen').canary.exporter.become('silent');
      await until(id, (rollout) => [verdictOf(rollout), reasonOf(rollout).includes('newest sample of the canary v2')], [
        'blind',
        true,
      ]);
      const held = await caller.rollout(id);
      stageOf('frozen').canary.exporter.become('speaks');
      await until(id, (rollout) => rollout?.stage, 'finalised', 90_000);
      expect(held?.stage).toMatch(/^step-/);
    });
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
