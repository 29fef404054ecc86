import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { envoy } from '../../src/metrics/presets/envoy.ts';
import { otel } from '../../src/metrics/presets/otel.ts';
import type { CheckRequest, SourceAnswer } from '../../src/metrics/source.ts';
import { metricsBy, type SourceParts, sourceAt } from '../support/metrics-request.ts';
import { at, BUCKET, COUNT, healthy, scraped, status } from '../support/scraped-series.ts';
import { type ScriptedPrometheus, scriptedPrometheus } from '../support/scripted-prometheus.ts';
import { closedPort } from '../support/upstream.ts';

let server: ScriptedPrometheus;

beforeEach(async () => {
  server = await scriptedPrometheus(healthy());
});
afterEach(() => server.close());

async function check(
  versions: CheckRequest['versions'] = { stable: 'v1', canary: 'v2' },
  parts: SourceParts = {},
  url = server.url,
): Promise<readonly SourceAnswer[]> {
  const source = sourceAt(url, { intervalMs: 15_000, now: () => at(82), ...parts });
  const request = { route: 'shop', versions, queries: {} };
  return (await source.check?.(request, AbortSignal.timeout(10_000))) ?? expect.fail('it has nothing to ask');
}

const brief = (answers: readonly SourceAnswer[]) =>
  answers.map(({ what, version, outcome, says }) => [what, version, outcome, says]);

const without = (version: string) => () => {
  server.series = healthy().filter(({ labels }) => labels['service_version'] !== version);
};

describe('what a Prometheus says of the metrics of a route', () => {
  it('is what each version has counted so far', async () => {
    const one = { check: null, source: 'prometheus', outcome: 'value' };
    expect(await check()).toEqual([
      { ...one, what: 'requests', track: 'stable', version: 'v1', value: 540, says: '540 so far, in one series' },
      { ...one, what: 'requests', track: 'canary', version: 'v2', value: 60, says: '60 so far, in one series' },
      { ...one, what: 'latencies', track: 'stable', version: 'v1', value: 540, says: '540 so far, in 2 series' },
      { ...one, what: 'latencies', track: 'canary', version: 'v2', value: 60, says: '60 so far, in 2 series' },
    ]);
  });

  it('is of the stable alone where no canary is known', async () => {
    expect((await check({ stable: 'v1', canary: null })).map(({ track }) => track)).toEqual(['stable', 'stable']);
  });

  it('is nothing where labels select nothing, or the metric is unknown', async () => {
    without('v2')();
    expect(brief(await check()).filter(([, version]) => version === 'v2')).toEqual([
      ['requests', 'v2', 'nothing', `there is no series ${COUNT}{service_version="v2"}`],
      ['latencies', 'v2', 'nothing', `there is no series ${BUCKET}{service_version="v2"}`],
    ]);
    const names = { ...otel, latency: { ...otel.latency, metric: 'no_such' } };
    const answers = brief(
      await check({ stable: 'v1', canary: null }, { metrics: metricsBy('service_version', names) }),
    );
    expect(answers).toEqual([
      ['requests', 'v1', 'value', expect.anything()],
      ['latencies', 'v1', 'nothing', 'there is no series no_such_bucket{service_version="v1"}'],
    ]);
  });

  it('is nothing where nothing is scraped any more', async () => {
    const [requests] = await check({ stable: 'v1', canary: null }, { now: () => at(120) });
    expect(requests).toMatchObject({
      outcome: 'nothing',
      says: `the newest sample of ${COUNT}{service_version="v1"} is 45 s old, more than two scrapes`,
    });
  });

  const refusals: readonly [string, () => SourceParts, RegExp][] = [
    [
      'selectors that are the same',
      () => ({ metrics: { ...metricsBy('x'), versions: { stable: { job: 'shop' }, canary: { job: 'shop' } } } }),
      /stable and canary are both \{job="shop"\}/,
    ],
    [
      'selectors that share a series',
      () => ({
        metrics: { ...metricsBy('x'), versions: { stable: { job: 'shop' }, canary: { service_version: 'v2' } } },
      }),
      /stable and canary have the same series .*"service_version","v2"/,
    ],
    [
      'a status that is none',
      () => {
        server.series = [...healthy(), scraped(COUNT, status('v1', 'OK'), [1, 2, 3, 4, 5, 6])];
        return {};
      },
      /it answered http_response_status_code="OK", which is no status/,
    ],
    [
      'native histograms where there are none',
      () => {
        server.series = healthy().map((series) => ({ ...series, metric: 'http_server_request_duration_seconds' }));
        return { metrics: metricsBy('service_version', otel, { nativeSchema: 3 }) };
      },
      /it answered a number where a native histogram is expected/,
    ],
    [
      'what the server refuses',
      () => {
        server.instead = (_, response) =>
          void response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"parse error"}');
        return {};
      },
      /it answered 400: parse error/,
    ],
  ];
  it.each(refusals)('is refused for %s', async (_, arrange, says) => {
    const answers = await check({ stable: 'v1', canary: 'v2' }, arrange());
    expect(answers.filter(({ what }) => what === 'requests')).toContainEqual(
      expect.objectContaining({ outcome: 'refused', value: null, says: expect.stringMatching(says) }),
    );
  });

  it('is unusable where it is no count, or a part is missing', async () => {
    server.warnings = ['a store is away'];
    expect(brief(await check())[0]).toEqual(['requests', 'v1', 'unusable', 'it warned: a store is away']);
  });

  it('is the count of a native histogram where there is one', async () => {
    const histogram = { count: '12', sum: '1', buckets: [[0, '0.5', '0.5452538663326288', '12']] };
    server.series = [
      {
        metric: 'http_server_request_duration_seconds',
        labels: { ...status('v1', '200'), instance: 'a', job: 'shop' },
        samples: [],
        histograms: [[at(75), histogram]],
      },
    ];
    const metrics = metricsBy('service_version', otel, { nativeSchema: 3 });
    expect(brief(await check({ stable: 'v1', canary: null }, { metrics }))).toEqual([
      ['requests', 'v1', 'value', '12 so far, in one series'],
      ['latencies', 'v1', 'value', '12 so far, in one series'],
    ]);
  });

  it('says where latencies are of errors and 4xx as well', async () => {
    const metrics = metricsBy('envoy_cluster_name', envoy);
    const labels = { envoy_cluster_name: 'v1', instance: 'a', job: 'shop' };
    server.series = [
      {
        metric: 'envoy_cluster_upstream_rq',
        labels: { ...labels, envoy_response_code: '200' },
        samples: [[at(75), 7]],
      },
      {
        metric: 'envoy_cluster_upstream_rq_time_bucket',
        labels: { ...labels, le: '+Inf' },
        samples: [[at(75), 7]],
      },
    ];
    expect(brief(await check({ stable: 'v1', canary: null }, { metrics }))).toEqual([
      ['requests', 'v1', 'value', '7 so far, in one series'],
      [
        'latencies',
        'v1',
        'value',
        '7 so far, in one series; they have no status, so quick errors and 4xx count as fast answers: only the checks of shares see them',
      ],
    ]);
  });

  it('is unknown where nobody answers', async () => {
    const answers = await check({ stable: 'v1', canary: null }, {}, `http://127.0.0.1:${await closedPort()}`);
    expect(brief(answers)[0]).toEqual(['requests', 'v1', 'unreachable', 'it did not answer: ECONNREFUSED']);
  });
});
