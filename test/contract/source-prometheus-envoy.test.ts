import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { envoy } from '../../src/metrics/presets/envoy.ts';
import { collection } from '../support/collected.ts';
import { envoyBinary, startEnvoy, type TestEnvoy } from '../support/envoy.ts';
import { metricsBy, sourceAt } from '../support/metrics-request.ts';
import { prometheusBinary, startPrometheus, type TestPrometheus } from '../support/prometheus.ts';
import { serviceOrSkip } from '../support/require-service.ts';
import { httpUpstream, type TestUpstream } from '../support/upstream.ts';

const INTERVAL_MS = 2_000;
const SLOW_MS = 400;

const [prometheusPath, envoyPath] = await Promise.all([prometheusBinary(), envoyBinary()]);
const both = prometheusPath && envoyPath ? { prometheusPath, envoyPath } : null;

serviceOrSkip(prometheusPath ? 'envoy' : 'prometheus', both)('the clusters of a real Envoy', (paths) => {
  let upstream: TestUpstream;
  let proxy: TestEnvoy;
  let prometheus: TestPrometheus;

  beforeAll(async () => {
    // `/CLUSTER/STATUS/slow` is answered with that status, and not soon.
    upstream = await httpUpstream((request, response) => {
      const [, , status, pace] = (request.url ?? '').split('/');
      const wait = pace === 'slow' ? sleep(SLOW_MS) : Promise.resolve();
      void wait.then(() => response.writeHead(Number(status)).end());
    });
    proxy = await startEnvoy(paths.envoyPath, { payments_v1: upstream, payments_v2: upstream });
    prometheus = await startPrometheus(paths.prometheusPath, {
      targets: [{ port: proxy.adminPort, path: '/stats/prometheus' }],
      intervalMs: INTERVAL_MS,
    });
  });
  afterAll(async () => {
    await prometheus.close();
    await proxy.close();
    await upstream.close();
  });

  async function ask(times: number, path: string): Promise<void> {
    for (let n = 0; n < times; n += 1) await (await fetch(`${proxy.url}/${path}`)).arrayBuffer();
  }

  it('tell requests, errors, 4xx answers and latencies of each version as they were', { timeout: 90_000 }, async () => {
    const metrics = { ...metricsBy('envoy_cluster_name', envoy), match: {} };
    const own = { envoy_cluster_name: 'payments_{{version}}' };
    const source = sourceAt(prometheus.url, {
      metrics: { ...metrics, versions: { stable: own, canary: own } },
      intervalMs: INTERVAL_MS,
    });
    await ask(3, 'payments_v1/200');
    await ask(3, 'payments_v2/200');
    const seen = collection(source);
    await expect.poll(async () => [await seen.look(), seen.begun()], { timeout: 30_000 }).toEqual([null, true]);
    seen.clear();

    await Promise.all([ask(40, 'payments_v1/200'), ask(2, 'payments_v1/503')]);
    await Promise.all([ask(10, 'payments_v2/200'), ask(4, 'payments_v2/404'), ask(3, 'payments_v2/500')]);
    await Promise.all([1, 2, 3, 4, 5].map(() => ask(1, 'payments_v2/200/slow')));

    await expect
      .poll(async () => [await seen.look(), seen.sums('stable').answers, seen.sums('canary').answers], {
        timeout: 30_000,
      })
      .toEqual([null, 42, 22]);
    // Its histogram does not tell errors from answers.
    expect(seen.sums('stable')).toMatchObject({ requests: 42, errors: 2, clientErrors: 0 });
    expect(seen.sums('canary')).toMatchObject({ requests: 22, errors: 3, clientErrors: 4, above: { 250: 5, 1000: 0 } });
  });
});
