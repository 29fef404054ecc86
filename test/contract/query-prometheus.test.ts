import { lookup } from 'node:dns';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { httpClient } from '../../src/metrics/http.ts';
import { prometheusValues } from '../../src/metrics/prometheus/prometheus-values.ts';
import type { QuerySource, Taken } from '../../src/metrics/queries/query-source.ts';
import type { Track } from '../../src/split/order.ts';
import { type Exporter, startExporter } from '../support/exporter.ts';
import { prometheusBinary, startPrometheus, type TestPrometheus } from '../support/prometheus.ts';
import { serviceOrSkip } from '../support/require-service.ts';

/** Characters that PromQL, and patterns in it, have a use for. */
const HOSTILE = 'v2.1+"rc\'\\';
const SCRAPE_MS = 1_000;

serviceOrSkip('prometheus', await prometheusBinary())('values of queries from a real Prometheus', (binary) => {
  let exporter: Exporter;
  let prometheus: TestPrometheus;
  let source: QuerySource;

  const ask = (query: string, version = 'v1', at = Date.now(), track: Track = 'stable'): Promise<Taken> =>
    source.take({ query, words: { route: 'payments', track, version }, at }, AbortSignal.timeout(20_000));

  const untilScraped = async (times: number) => {
    const enough = exporter.scrapes() + times;
    while (exporter.scrapes() < enough) await sleep(50);
    // The answer to a scrape is stored after it was given.
    while ((await ask('sum(cpu)')).kind !== 'value') await sleep(50);
  };

  beforeAll(async () => {
    exporter = await startExporter();
    exporter.add('cpu', { version: 'v1', pod: 'a' }, 2);
    exporter.add('cpu', { version: 'v1', pod: 'b' }, 4);
    exporter.add('cpu', { version: HOSTILE, pod: 'c' }, 8);
    exporter.add('payments_cpu_stable', {}, 16);
    exporter.add('zero', {}, 0);
    prometheus = await startPrometheus(binary, { targets: [{ port: exporter.port }], intervalMs: SCRAPE_MS });
    source = prometheusValues(
      httpClient({
        url: prometheus.url,
        timeoutMs: 10_000,
        maxAnswerBytes: 1_000_000,
        headers: {},
        tls: {},
        lookup,
      }),
      { scrapeMs: SCRAPE_MS },
    );
    await untilScraped(2);
  });

  afterAll(async () => {
    await prometheus.close();
    await exporter.close();
  });

  it.each<[string, string, Taken]>([
    ['sum(cpu{version="{{version}}"})', 'v1', { kind: 'value', value: 6 }],
    ['cpu{version="{{version}}"}', HOSTILE, { kind: 'value', value: 8 }],
    ["cpu{version='{{version}}'}", HOSTILE, { kind: 'value', value: 8 }],
    ['cpu{version=~"{{version}}"}', HOSTILE, { kind: 'value', value: 8 }],
    ['{{route}}_cpu_{{track}}', 'v1', { kind: 'value', value: 16 }],
    ['scalar(sum(cpu)) # of {{version}}', 'v1', { kind: 'value', value: 14 }],
    ['cpu{version=~"{{version}}"}', 'v.', { kind: 'nothing', reason: 'it selects nothing' }],
    ['no_such_metric{version="{{version}}"}', 'v1', { kind: 'nothing', reason: 'it selects nothing' }],
    ['zero / zero', 'v1', { kind: 'unusable', reason: 'it gives what is no finite number' }],
    ['cpu[1m]', 'v1', { kind: 'refused', reason: 'it gives a range instead of values' }],
    ['"{{version}}"', 'v1', { kind: 'refused', reason: 'it gives a string instead of values' }],
  ])('%s of %s', async (query, version, taken) => {
    expect(await ask(query, version)).toEqual(taken);
  });

  it('one for each pod', async () => {
    const inAnyOrder = expect.arrayContaining([2, 4]) as readonly number[];
    expect(await ask('cpu{version="{{version}}"}')).toEqual({ kind: 'value', value: inAnyOrder });
  });

  it.each(['cpu{', 'rate(cpu)', 'sum(cpu) by'])('%s is refused with the place of the fault', async (query) => {
    expect(await ask(query)).toMatchObject({
      kind: 'refused',
      reason: expect.stringMatching(/^the source refuses it: .*\d+:\d+: parse error/),
    });
  });

  it('of an instant that has passed, and of none before it was there', async () => {
    const at = Date.now();
    exporter.add('cpu', { version: 'v1', pod: 'a' }, 100);
    await untilScraped(2);
    expect(await ask('sum(cpu{version="{{version}}"})', 'v1', at)).toEqual({ kind: 'value', value: 6 });
    expect(await ask('sum(cpu{version="{{version}}"})')).toEqual({ kind: 'value', value: 106 });
    expect(await ask('sum(cpu)', 'v1', at - 3_600_000)).toMatchObject({ kind: 'nothing' });
    exporter.add('cpu', { version: 'v1', pod: 'a' }, -100);
    await untilScraped(2);
  });
});
