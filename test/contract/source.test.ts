import { RouteRecorder } from '../../src/gateway/measure/recorder.ts';
import { gatewaySource } from '../../src/metrics/gateway.ts';
import { steadyOrder } from '../../src/rollout/split-order.ts';
import type { SplitOrder, Track } from '../../src/split/order.ts';
import { requestOf, sourceAt } from '../support/metrics-request.ts';
import { type ScriptedSeries, scriptedPrometheus } from '../support/scripted-prometheus.ts';
import { type Done, sourceContract } from './source-contract.ts';

const COUNT = 'http_server_request_duration_seconds_count';
const HISTOGRAM = 'http_server_request_duration_seconds';
const VERSION: Readonly<Record<Track, string>> = { stable: 'v1', canary: 'v2' };
const labelsOf = (track: Track, status: '200' | '500') => ({
  service_version: VERSION[track],
  http_response_status_code: status,
});

sourceContract('gateway', async () => {
  let now = Date.UTC(2026, 0, 1);
  let epoch = 3;
  const order = (canaryBps: number): SplitOrder => ({
    ...steadyOrder('shop', { url: 'http://127.0.0.1:9001/', version: 'v1' }, epoch),
    canary: { url: 'http://127.0.0.1:9002/', version: 'v2' },
    canaryBps,
  });
  let inForce = order(1_000);
  const recorder = new RouteRecorder({ wall: () => now, monotonic: () => now }, inForce);
  const answer = (track: Track, status: number, times: number) => {
    for (let n = 0; n < times; n += 1) {
      const ticket = recorder.begin(track, 'weight');
      recorder.answered(ticket, status, 'whole');
      recorder.complete(ticket);
    }
  };
  const done = (track: Track, { requests, errors }: Done) => {
    answer(track, 500, errors);
    answer(track, 200, requests - errors);
  };
  return {
    source: gatewaySource(async (_, after, slowAfterMs) => recorder.collect(after, slowAfterMs)),
    request: () => requestOf({ split: { epoch, canaryBps: inForce.canaryBps, since: now } }),
    traffic(stable, canary) {
      done('stable', stable);
      done('canary', canary);
    },
    async pass() {
      now += 5_000;
    },
    async changeSplit(canaryBps) {
      epoch += 1;
      inForce = order(canaryBps);
      recorder.follow(inForce);
    },
    close: async () => {},
  };
});

sourceContract('scripted Prometheus', async () => {
  const began = Date.UTC(2026, 0, 1);
  let now = began;
  let split = { epoch: 3, canaryBps: 1_000, since: began };
  const server = await scriptedPrometheus();
  const counts = new Map<string, { series: ScriptedSeries; value: number }>();
  const add = (track: Track, status: '200' | '500', by: number) => {
    const key = `${track} ${status}`;
    const known = counts.get(key);
    const series = known?.series ?? {
      metric: COUNT,
      labels: { ...labelsOf(track, status), instance: track, job: 'tests' },
      samples: [],
    };
    counts.set(key, { series, value: (known?.value ?? 0) + by });
  };
  const scrape = () => {
    for (const [key, { series, value }] of counts) {
      counts.set(key, { series: { ...series, samples: [...series.samples, [now - 500, value]] }, value });
    }
    const requests = [...counts.values()].map(({ series }) => series);
    const buckets = requests.flatMap((series) =>
      ['0.1', '+Inf'].map((le) => ({
        ...series,
        metric: `${HISTOGRAM}_bucket`,
        labels: { ...series.labels, le },
      })),
    );
    server.series = [...requests, ...buckets];
  };
  const pass = async () => {
    for (let second = 0; second < 3; second += 1) {
      now += 1_000;
      scrape();
    }
  };
  const traffic = (stable: Done, canary: Done) => {
    for (const [track, { requests, errors }] of [
      ['stable', stable],
      ['canary', canary],
    ] as const) {
      add(track, '200', requests - errors);
      if (errors > 0) add(track, '500', errors);
    }
  };
  traffic({ requests: 1, errors: 0 }, { requests: 1, errors: 0 });
  await pass();
  return {
    source: sourceAt(server.url, { now: () => now, gateway: async () => ({ blocks: [], cursor: 'g.1' }) }),
    request: () => requestOf({ split }),
    traffic,
    pass,
    async changeSplit(canaryBps) {
      split = { epoch: split.epoch + 1, canaryBps, since: now };
    },
    close: () => server.close(),
  };
});
