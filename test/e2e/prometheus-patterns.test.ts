import { afterAll, beforeAll, expect, it } from 'vitest';
import { matchersFor } from '../../src/metrics/matchers.ts';
import { matchersInPromql, vectorSelector } from '../../src/metrics/prometheus/selector.ts';
import { type Exporter, startExporter } from '../support/exporter.ts';
import { REFUSED, TAKEN } from '../support/label-patterns.ts';
import { metricsBy, requestOf, sourceAt } from '../support/metrics-request.ts';
import { prometheusBinary, startPrometheus, type TestPrometheus } from '../support/prometheus.ts';
import { serviceOrSkip } from '../support/require-service.ts';

const HISTOGRAM = 'http_server_request_duration_seconds';
const INTERVAL_MS = 500;

/** Pods by version, which only a pattern tells apart; one of each is none of the route's. */
const PODS = {
  stable: ['pay-1.2-aaa', 'pay-1.2-bbb', 'pay-1x2-ccc'],
  canary: ['pay-1.3-aaa', 'pay-1.3-bbb', 'pay-1.3-debug'],
};

const binary = await prometheusBinary();

serviceOrSkip('prometheus', binary)('label patterns, by a real Prometheus', (path) => {
  let exporter: Exporter;
  let prometheus: TestPrometheus;

  beforeAll(async () => {
    exporter = await startExporter();
    for (const pod of [...PODS.stable, ...PODS.canary]) observe(pod, 1);
    prometheus = await startPrometheus(path, { targets: [{ port: exporter.port }], intervalMs: INTERVAL_MS });
    await prometheus.scraped();
  }, 60_000);

  afterAll(async () => {
    await prometheus?.close();
    await exporter?.close();
  });

  function observe(pod: string, times: number): void {
    for (let n = 0; n < times; n += 1) {
      exporter.observe(HISTOGRAM, { pod, http_response_status_code: '200' }, 0.05, [0.1, 1]);
    }
  }

  async function ask(promql: string) {
    const answer = await fetch(`${prometheus.url}/api/v1/query?query=${encodeURIComponent(promql)}`);
    return { status: answer.status, body: JSON.stringify(await answer.json()) };
  }

  it('are taken where we take them, and refused where we refuse them', async () => {
    for (const pattern of TAKEN) {
      const { status, body } = await ask(vectorSelector('up', [{ label: 'job', operator: '=~', value: pattern }]));
      expect(status, `${pattern}: ${body}`).toBe(200);
    }
    for (const [pattern] of REFUSED) {
      const { status, body } = await ask(vectorSelector('up', [{ label: 'job', operator: '=~', value: pattern }]));
      expect(status, `${pattern}: ${body}`).toBe(400);
    }
  });

  it('select what they say, with the version taken literally', async () => {
    const podsOf = async (match: Parameters<typeof matchersFor>[0]) => {
      const matchers = matchersInPromql(matchersFor(match, '1.2'));
      const { body } = await ask(`${HISTOGRAM}_count{${matchers}}`);
      return [...PODS.stable, ...PODS.canary].filter((pod) => body.includes(pod));
    };
    expect(await podsOf({ pod: { '=~': 'pay-{{version}}-.+' } })).toEqual(['pay-1.2-aaa', 'pay-1.2-bbb']);
    expect(await podsOf({ pod: { '=~': 'pay-1.*', '!~': '.*-(aaa|bbb)' } })).toEqual(['pay-1x2-ccc', 'pay-1.3-debug']);
    expect(await podsOf({ pod: { '!=': 'pay-1x2-ccc', '!~': 'pay-1\\.3-.*' } })).toEqual([
      'pay-1.2-aaa',
      'pay-1.2-bbb',
    ]);
  });

  it('tell the versions of a route apart, and whoever has a series twice is refused', async () => {
    const own = (pattern: string) => ({ pod: { '=~': pattern, '!=': 'pay-1.3-debug' } });
    const source = (pattern: string) =>
      sourceAt(prometheus.url, {
        intervalMs: INTERVAL_MS,
        metrics: metricsBy('', undefined, { versions: { stable: own(pattern), canary: own(pattern) } }),
        gateway: async () => ({ blocks: [], cursor: 'g.1' }),
      });
    const versions = {
      stable: { url: 'http://127.0.0.1:9001/', version: '1.2' },
      canary: { url: 'http://127.0.0.1:9002/', version: '1.3' },
    };
    const signal = AbortSignal.timeout(30_000);
    const split = { epoch: 3, canaryBps: 1_000, since: Date.now() };
    const told = source('pay-{{version}}-.+');
    for (const pod of PODS.stable) observe(pod, 10);
    for (const pod of PODS.canary) observe(pod, 3);
    let after: string | null = null;
    let requests = { stable: 0, canary: 0 };
    await expect
      .poll(
        async () => {
          const collected = await told.collect(requestOf({ versions, split, after }), signal);
          if (collected.kind !== 'blocks') return collected.reason;
          after = collected.cursor;
          for (const { stable, canary } of collected.blocks) {
            requests = {
              stable: requests.stable + (stable?.requests ?? 0),
              canary: requests.canary + (canary?.requests ?? 0),
            };
          }
          for (const pod of PODS.stable) observe(pod, 1);
          for (const pod of PODS.canary) observe(pod, 1);
          return requests.stable > 4 && requests.canary > 4;
        },
        { timeout: 20_000, interval: 300 },
      )
      .toBe(true);
    // Two pods of each version count alike from here on: the third of either is none of the route's.
    const checked = await told.check?.(
      { route: 'shop', versions: { stable: '1.2', canary: '1.3' }, queries: {} },
      signal,
    );
    expect(checked?.map(({ outcome, says }) => [outcome, says])).toEqual(
      expect.arrayContaining([['value', expect.stringContaining('in 2 series')]]),
    );
    const both = await source('pay-.+').check?.(
      { route: 'shop', versions: { stable: '1.2', canary: '1.3' }, queries: {} },
      signal,
    );
    expect(both?.every(({ outcome }) => outcome === 'refused')).toBe(true);
    const wide = await source('pay-1.+').collect(requestOf({ versions, split }), signal);
    expect(wide).toMatchObject({ kind: 'unusable', reason: expect.stringContaining('stable and canary are both') });
  });
});
