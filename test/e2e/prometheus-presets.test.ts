import { afterAll, beforeAll, expect, it } from 'vitest';
import { envoy } from '../../src/metrics/presets/envoy.ts';
import { istio } from '../../src/metrics/presets/istio.ts';
import type { RouteMetrics } from '../../src/metrics/presets/metric-names.ts';
import { nginxIngress } from '../../src/metrics/presets/nginx-ingress.ts';
import { otel } from '../../src/metrics/presets/otel.ts';
import { traefik } from '../../src/metrics/presets/traefik.ts';
import type { Block } from '../../src/stats/block.ts';
import { requestOf, sourceAt } from '../support/metrics-request.ts';
import { prometheusBinary, startPrometheus, type TestPrometheus } from '../support/prometheus.ts';
import { type RecordedExporter, recordedExporter } from '../support/recorded-exporter.ts';
import { serviceOrSkip } from '../support/require-service.ts';

const INTERVAL_MS = 500;
const NAMES = ['otel', 'envoy', 'istio', 'nginx-ingress', 'traefik'] as const;
type Name = (typeof NAMES)[number];

const byVersion = (label: string, value: string) => ({ stable: { [label]: value }, canary: { [label]: value } });
const METRICS: Readonly<Record<Name, Omit<RouteMetrics, 'nativeSchema'>>> = {
  otel: { names: otel, match: { service_name: 'payments' }, versions: byVersion('service_version', '{{version}}') },
  envoy: { names: envoy, match: {}, versions: byVersion('envoy_cluster_name', 'payments_{{version}}') },
  istio: {
    names: istio,
    match: { destination_service: 'payments.shop.svc.cluster.local' },
    versions: byVersion('destination_version', '{{version}}'),
  },
  'nginx-ingress': {
    names: nginxIngress,
    match: { namespace: 'shop' },
    versions: { stable: { service: 'payments-v1' }, canary: { service: 'payments-v2' } },
  },
  traefik: { names: traefik, match: {}, versions: byVersion('service', 'payments-{{version}}@docker') },
};

const tally = (requests: number, errors: number, clientErrors: number, answers: number, slow: readonly number[]) => ({
  requests,
  errors,
  clientErrors,
  latency: {},
  slower: { answers, above: expect.arrayContaining([{ ms: slow[0], count: slow[1] }]) },
});

/** What one movement of a recording is: the sums of its series by hand. `slow` is a boundary and the answers above it. */
const ONE: Readonly<Record<Name, Pick<Block, 'stable' | 'canary'>>> = {
  otel: { stable: tally(1_202, 2, 0, 1_200, [10, 200]), canary: tally(127, 3, 4, 120, [10, 30]) },
  // Its latencies have no status.
  envoy: {
    stable: { ...tally(3_006, 6, 0, 3_006, [5, 606]), latencyOf: 'all-answers' },
    canary: { ...tally(338, 20, 8, 338, [100, 8]), latencyOf: 'all-answers' },
  },
  istio: { stable: tally(902, 2, 0, 900, [10, 500]), canary: tally(103, 5, 3, 95, [500, 1]) },
  'nginx-ingress': { stable: tally(1_803, 3, 0, 1_800, [25, 200]), canary: tally(205, 9, 6, 190, [50, 20]) },
  traefik: { stable: tally(913, 1, 12, 900, [300, 20]), canary: tally(85, 5, 0, 80, [100, 20]) },
};

serviceOrSkip('prometheus', await prometheusBinary())('the presets on recorded expositions', (binary) => {
  const exporters = new Map<Name, RecordedExporter>();
  let prometheus: TestPrometheus;

  beforeAll(async () => {
    for (const name of NAMES) exporters.set(name, await recordedExporter(name));
    const targets = [...exporters.values()].map(({ port }) => ({ port }));
    prometheus = await startPrometheus(binary, { targets, intervalMs: INTERVAL_MS });
  });
  afterAll(async () => {
    await prometheus.close();
    for (const exporter of exporters.values()) await exporter.close();
  });

  it.each(NAMES)('%s', async (name) => {
    const exporter = exporters.get(name);
    if (!exporter) expect.fail(`nobody exports ${name}`);
    const metrics = { ...METRICS[name], nativeSchema: null };
    const source = sourceAt(prometheus.url, { metrics, intervalMs: INTERVAL_MS });
    const split = { epoch: 1, canaryBps: 1_000, since: Date.now() };
    let after: string | null = null;
    const seen: Block[] = [];
    const collect = async () => {
      const collected = await source.collect(requestOf({ split, after }), AbortSignal.timeout(5_000));
      if (collected.kind === 'unusable') return collected.reason;
      after = collected.cursor;
      seen.push(...collected.blocks);
      return collected.missing ?? null;
    };
    await expect.poll(async () => [await collect(), seen.length > 0], { timeout: 20_000 }).toEqual([null, true]);
    seen.length = 0;
    exporter.move();
    await expect
      .poll(async () => [await collect(), seen.some(({ canary }) => canary?.requests)], { timeout: 20_000 })
      .toEqual([null, true]);
    expect(seen.filter(({ canary }) => canary?.requests)).toEqual([expect.objectContaining(ONE[name])]);
  });
});
