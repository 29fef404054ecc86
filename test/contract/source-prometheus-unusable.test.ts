import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { otel } from '../../src/metrics/presets/otel.ts';
import type { CollectRequest } from '../../src/metrics/source.ts';
import type { SourceParts } from '../support/metrics-request.ts';
import { at, BUCKET, COUNT, collectFrom, healthy, scraped, status } from '../support/scraped-series.ts';
import { type ScriptedPrometheus, scriptedPrometheus } from '../support/scripted-prometheus.ts';

let server: ScriptedPrometheus;

beforeEach(async () => {
  server = await scriptedPrometheus(healthy());
});
afterEach(() => server.close());

function collect(parts: Partial<CollectRequest> = {}, source: SourceParts = {}) {
  return collectFrom(server.url, parts, source);
}

async function blockOf(...args: Parameters<typeof collect>) {
  const collected = await collect(...args);
  if (collected.kind === 'unusable') expect.fail(collected.reason);
  const [block, ...more] = collected.blocks;
  expect(more).toEqual([]);
  if (!block) expect.fail('there is no block');
  return { ...block, missing: collected.missing ?? null, cursor: collected.cursor };
}

describe('docs/failures.md: what cannot be used is no evidence, and says why', () => {
  const replacing = (value: string) => () => {
    server.series = healthy().map((series) => ({
      ...series,
      samples: series.samples.map(([time, own], n) => [time, n === 4 ? value : own] as const),
    }));
  };
  const answering = (answer: string) => () => {
    server.instead = (_, response) => void response.end(answer);
  };

  it.each<[string, () => void, RegExp]>([
    ['NaN', replacing('NaN'), /"?NaN"?, which is no count/],
    ['+Inf', replacing('+Inf'), /\+Inf, which is no count/],
    ['a negative number', replacing('-4'), /-4, which is no count/],
    ['a fraction', replacing('0.5'), /0\.5, which is no count/],
    ['a text', replacing('many'), /many, which is no count/],
    [
      'an empty vector',
      () => {
        server.series = [];
      },
      /no sample of the stable v1/,
    ],
    [
      'a version that is missing everywhere',
      () => {
        server.series = healthy().filter(({ labels }) => labels['service_version'] === 'v2');
      },
      /no sample of the stable v1/,
    ],
    [
      'a series without a status',
      () => {
        server.series = [...healthy(), scraped(COUNT, { service_version: 'v2' }, [1, 2])];
      },
      /without the label http_response_status_code/,
    ],
    [
      'a status that is none',
      () => {
        server.series = [...healthy(), scraped(COUNT, status('v2', 'OK'), [1, 2])];
      },
      /"OK", which is no status/,
    ],
    [
      'a warning',
      () => {
        server.warnings = ['a store is away'];
      },
      /warned: a store is away/,
    ],
    [
      'a histogram instead of a number',
      () => {
        server.series = [
          ...healthy(),
          { metric: COUNT, labels: status('v2', '404'), samples: [], histograms: [[at(60), { count: '1' }]] },
        ];
      },
      /a histogram where a number is expected/,
    ],
    [
      'a vector instead of samples',
      answering('{"status":"success","data":{"resultType":"vector","result":[]}}'),
      /a vector instead of samples/,
    ],
    [
      'two series with the same labels',
      answering(
        '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[]},{"metric":{},"values":[]}]}}',
      ),
      /two series with the same labels/,
    ],
    ['no JSON', answering('<html>'), /no JSON object/],
    ['null', answering('null'), /./],
  ])('%s', async (_, arrange, reason) => {
    arrange();
    expect(await collect()).toEqual({ kind: 'unusable', reason: expect.stringMatching(reason) });
  });

  it('two selectors that are the same, or share a series', async () => {
    const both = { job: 'shop' };
    const parts = { match: {}, versions: { stable: both, canary: both }, nativeSchema: null };
    const same = await collect({}, { metrics: { names: otel, ...parts } });
    expect(same).toMatchObject({ kind: 'unusable', reason: expect.stringContaining('stable and canary are both') });
    const shared = { ...parts, versions: { stable: both, canary: { service_version: 'v2' } } };
    expect(await collect({}, { metrics: { names: otel, ...shared } })).toMatchObject({
      kind: 'unusable',
      reason: expect.stringContaining('the same series for both versions'),
    });
  });

  it('no sample for two intervals: the stable, or both, tell nothing', async () => {
    expect(await collect({}, { now: () => at(110) })).toEqual({
      kind: 'unusable',
      reason: expect.stringMatching(
        /newest sample of the stable v1 in prometheus is 33 s old, more than two scrapes of 15 s/,
      ),
    });
  });

  it('a canary that reports nothing while the gateway sends it requests is a block without it, and blind', async () => {
    server.series = healthy().filter(({ labels }) => labels['service_version'] === 'v1');
    const block = await blockOf();
    expect(block).toMatchObject({ canary: null, missing: expect.stringContaining('no sample of the canary v2') });
    expect(await collect({}, { gateway: null })).toMatchObject({ kind: 'unusable' });
  });

  it('one replica of three gone is a part that is missing, until it is back or gone for five minutes', async () => {
    const replicas = (lastOfThird: number) =>
      ['a', 'b', 'c'].map((instance) => ({
        ...scraped(COUNT, status('v2', '200', { instance }), []),
        samples: Array.from({ length: 40 }, (_, n) => [at(n * 15), n * 10] as const).filter(
          ([time]) => instance !== 'c' || time <= at(lastOfThird),
        ),
      }));
    const stable = healthy()
      .filter(({ labels }) => labels['service_version'] === 'v1')
      .map((series) => ({
        ...series,
        samples: Array.from({ length: 40 }, (_, n) => [at(n * 15), n * 90] as const),
      }));
    const latencies = (['v2'] as const).map((version) => ({
      ...scraped(BUCKET, status(version, '200', { le: '+Inf' }), []),
      samples: Array.from({ length: 40 }, (_, n) => [at(n * 15), n] as const),
    }));
    server.series = [...stable, ...latencies, ...replicas(45)];
    const when = (seconds: number) => blockOf({ after: `${at(seconds - 20)} g.1` }, { now: () => at(seconds) });
    expect((await when(70)).missing).toBeNull();
    expect((await when(82)).missing).toBe('1 of 3 replicas of the canary v2 are missing in prometheus');
    expect((await when(340)).missing).toMatch(/1 of 3/);
    expect((await when(352)).missing).toBeNull();
  });

  it('no latencies: errors are judged all the same, and what is missing is said', async () => {
    server.series = healthy().filter(({ metric }) => metric === COUNT);
    expect(await blockOf()).toMatchObject({
      canary: { requests: 30 },
      missing: expect.stringMatching(/no latencies of the stable v1: has no series .*_bucket\{service_version="v1"\}/),
    });
  });
});
