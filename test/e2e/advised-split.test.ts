import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RolloutView } from '../../src/api/view-schemas.ts';
import { type Caller, callerOf } from '../support/cast.ts';
import { type Exporter, startExporter } from '../support/exporter.ts';
import { fetchOnce } from '../support/fetch-once.ts';
import { prometheusBinary, startPrometheus, type TestPrometheus } from '../support/prometheus.ts';
import { seededRandom } from '../support/random.ts';
import { serviceOrSkip } from '../support/require-service.ts';
import { type Home, makeHome, type ServerProcess, startServerProcess } from '../support/server-process.ts';

const POLICY = `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: advised }
spec:
  steps:
    - { weight: 10%, dwell: 1s }
    - { weight: 50%, dwell: 1s }
  bake: { dwell: 1s }
  checks:
    errors: { parity: { relative: 25%, absolute: 2pp } }
    clientErrors: { parity: { relative: 50%, absolute: 2pp } }
    latency: { classic: { parity: { relative: 60%, absolute: 10pp } } }
  judge: { minStep: 1s, warmUp: 0s, dispersion: { initial: 1 } }
`;
const ROUTES = ['healthy', 'harmful'] as const;
const HISTOGRAM = 'http_server_request_duration_seconds';

serviceOrSkip('prometheus', await prometheusBinary())('a split that Serin only advises', (binary) => {
  let exporter: Exporter;
  let prometheus: TestPrometheus;
  let home: Home;
  let server: ServerProcess;
  let caller: Caller;
  let mesh: NodeJS.Timeout;
  let failing = 0;
  const random = seededRandom(7);

  beforeAll(async () => {
    exporter = await startExporter();
    // One request in twenty-one goes to the canary, whatever Serin says.
    mesh = setInterval(() => {
      for (const service of ROUTES) {
        answer(service, 'v1', '200', 40);
        answer(service, 'v2', '200', 2);
        if (service === 'harmful') answer(service, 'v2', '500', failing);
      }
    }, 20);
    prometheus = await startPrometheus(binary, { targets: [{ port: exporter.port }] });
    home = makeHome(`gateway: { listen: 127.0.0.1:0 }
control: { listen: 127.0.0.1:0 }
controller: { tick: 1s }
policies: [advised.yaml]
sources:
  mesh: { kind: prometheus, url: "${prometheus.url}", interval: 1s }
routes:
${ROUTES.map(routeYaml).join('')}channels: { console: true }
`);
    home.write('advised.yaml', POLICY);
    server = await startServerProcess(home);
    await prometheus.scraped();
    caller = callerOf(() => ({ url: server.controlUrl, token: home.token() }));
  });

  afterAll(async () => {
    clearInterval(mesh);
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    await Promise.all([prometheus.close(), exporter.close()]);
    home.remove();
  });

  const routeYaml = (route: string) => `  - name: ${route}
    router: none
    stable: { url: "http://${route}.mesh.internal/", version: v1 }
    policy: advised
    source: mesh
    metrics: { preset: otel, match: { service: ${route} }, version: { label: service_version } }
`;

  function answer(service: string, version: string, status: string, times: number): void {
    const labels = { service, service_version: version, http_response_status_code: status };
    for (let answered = 0; answered < times; answered += 1) {
      exporter.observe(HISTOGRAM, labels, random() < 0.15 ? 0.3 : 0.05, [0.1, 1]);
    }
  }

  async function start(route: string): Promise<string> {
    const body = { route, canaryUrl: `http://${route}.mesh.internal/`, version: 'v2', reason: 'ready' };
    return (await caller.post<RolloutView>('/api/v1/rollouts', body)).id;
  }

  async function until(id: string, stage: string): Promise<void> {
    await expect.poll(async () => (await caller.rollout(id))?.stage, { timeout: 60_000, interval: 100 }).toBe(stage);
  }

  it('is judged, and followed by advice; a person says when the canary serves everybody', async () => {
    const id = await start('healthy');
    await until(id, 'bake');
    // What is committed is told after it.
    await expect
      .poll(() => server.output(), { timeout: 10_000 })
      .toContain('healthy: v2 may be given 100% now; Serin does not move the traffic');
    expect(server.output()).toContain('healthy: v2 may be given 10% now (step-1)');
    expect(server.output()).toContain('healthy: v2 may be given 50% now (step-2)');
    expect(await caller.rollout(id)).toMatchObject({ waitsFor: ['advance'] });
    await caller.post(`/api/v1/rollouts/${id}/advance`, { to: 'promoted', reason: 'it does' });
    await until(id, 'finalised');
  });

  it('is paged about when the canary does harm, and no traffic is moved', async () => {
    const id = await start('harmful');
    await until(id, 'step-1');
    failing = 1;
    await until(id, 'rolled-back');
    await expect
      .poll(() => server.output(), { timeout: 10_000 })
      .toMatch(
        /PAGE error harmful: take all traffic off v2 now, v1 should serve 100%; Serin does not move the traffic of this route: .*canary errors/,
      );
    expect((await fetchOnce(`${server.gatewayUrl}/harmful`)).status).toBe(404);
  });
});
