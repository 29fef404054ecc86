import { afterAll, beforeAll, expect, it } from 'vitest';
import { otel } from '../../src/metrics/presets/otel.ts';
import type { Collected } from '../../src/metrics/source.ts';
import type { Block, LatencyGrid, Tally } from '../../src/stats/block.ts';
import { metricsBy, requestOf, sourceAt } from '../support/metrics-request.ts';
import { type NativeExporter, nativeExporterBinary, startNativeExporter } from '../support/native-exporter.ts';
import { prometheusBinary, startPrometheus, type TestPrometheus } from '../support/prometheus.ts';
import { serviceOrSkip } from '../support/require-service.ts';

const INTERVAL_MS = 500;

const [prometheusPath, exporterBinary] = await Promise.all([prometheusBinary(), nativeExporterBinary()]);
const both = prometheusPath && exporterBinary ? { prometheusPath, exporterBinary } : null;

serviceOrSkip(prometheusPath ? 'go' : 'prometheus', both)('native histograms of a real Prometheus', (services) => {
  let exporter: NativeExporter;
  let prometheus: TestPrometheus;

  beforeAll(async () => {
    exporter = await startNativeExporter(services.exporterBinary.path);
    for (const version of ['v1', 'v2']) {
      await exporter.observe(version, 200, 0.02, 1);
      await exporter.observe(version, 500, 0.02, 1);
    }
    prometheus = await startPrometheus(services.prometheusPath, {
      targets: [{ port: exporter.port }],
      intervalMs: INTERVAL_MS,
      flags: ['--enable-feature=native-histograms'],
    });
  });
  afterAll(async () => {
    await prometheus.close();
    await exporter.close();
    services.exporterBinary.remove();
  });

  const split = { epoch: 1, canaryBps: 1_000, since: Date.now() };
  const collect = (nativeSchema: number, after: string | null): Promise<Collected> =>
    sourceAt(prometheus.url, {
      metrics: metricsBy('service_version', otel, { nativeSchema }),
      intervalMs: INTERVAL_MS,
    }).collect(requestOf({ split, after }), AbortSignal.timeout(5_000));

  it('become counts on one grid: the schema of the server, or a coarser one', async () => {
    let after: string | null = null;
    const firstOf = async (wanted: (block: Block) => boolean): Promise<Block> => {
      let found: Block | undefined;
      await expect
        .poll(
          async () => {
            const collected = await collect(5, after);
            if (collected.kind === 'unusable') return collected.reason;
            found = collected.blocks.find(wanted);
            if (!found) after = collected.cursor;
            return found !== undefined;
          },
          { timeout: 20_000 },
        )
        .toBe(true);
      return found as Block;
    };
    await firstOf(() => true);
    await exporter.observe('v2', 200, 0.1, 7);
    await exporter.observe('v2', 200, 0, 2);
    await exporter.observe('v2', 404, 3, 1);
    await exporter.observe('v2', 500, 9, 4);
    const { canary, grid } = await firstOf((block) => (block.canary?.requests ?? 0) > 0);
    expect(canary).toMatchObject({ requests: 14, errors: 4, clientErrors: 1 });
    expect(grid?.ratio).toBeCloseTo(2 ** (1 / 32), 12);
    // The 404 has no latency, and the errors have none.
    expect(spread(canary, grid)).toEqual({ lowest: 2, '100': 7 });

    const coarse = await collect(3, after);
    if (coarse.kind === 'unusable') expect.fail(coarse.reason);
    const block = coarse.blocks[0];
    expect(block?.grid?.ratio).toBeCloseTo(2 ** (1 / 8), 12);
    expect(spread(block?.canary ?? null, block?.grid)).toEqual({ lowest: 2, '100': 7 });
  });

  it('that are coarser than asked for are of no use', async () => {
    // Until two scrapes have come there is nothing to find fault with.
    await expect
      .poll(() => collect(6, null), { timeout: 20_000 })
      .toEqual({
        kind: 'unusable',
        reason: expect.stringContaining('a native histogram that is coarser than schema 6'),
      });
  });
});

/** The buckets by the latency in ms that was put into them. */
function spread(tally: Tally | null, grid: LatencyGrid | undefined): Record<string, number> {
  const { ratio, unitMs } = grid ?? { ratio: Number.NaN, unitMs: Number.NaN };
  return Object.fromEntries(
    Object.entries(tally?.latency ?? {}).map(([bucket, count]) => {
      const upper = unitMs * ratio ** Number(bucket);
      const held = [100, 3_000].find((ms) => ms <= upper && ms > upper / ratio);
      return [upper < 0.01 ? 'lowest' : String(held), count];
    }),
  );
}
