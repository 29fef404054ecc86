import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Track } from '../../src/split/order.ts';
import { type Done, type SourceBench, sourceContract } from '../contract/source-contract.ts';
import { type Exporter, startExporter } from '../support/exporter.ts';
import { requestOf, sourceAt } from '../support/metrics-request.ts';
import { prometheusBinary, startPrometheus } from '../support/prometheus.ts';
import { serviceOrSkip } from '../support/require-service.ts';

const HISTOGRAM = 'http_server_request_duration_seconds';
const BOUNDARIES = [0.1, 1];
const INTERVAL_MS = 500;
const VERSION: Readonly<Record<Track, string>> = { stable: 'v1', canary: 'v2' };
const labelsOf = (track: Track, status: '200' | '500') => ({
  service_version: VERSION[track],
  http_response_status_code: status,
});

const binary = await prometheusBinary();

serviceOrSkip('prometheus', binary)('a real Prometheus', (path) => {
  sourceContract('scraping Prometheus', () => scrapedBench(path));
});

async function scrapedBench(path: string): Promise<SourceBench> {
  const exporters: Readonly<Record<Track, Exporter>> = { stable: await startExporter(), canary: await startExporter() };
  const traffic = (stable: Done, canary: Done) => {
    for (const [track, { requests, errors }] of [
      ['stable', stable],
      ['canary', canary],
    ] as const) {
      for (let n = 0; n < requests; n += 1) {
        const labels = labelsOf(track, n < errors ? '500' : '200');
        exporters[track].observe(HISTOGRAM, labels, 0.05, BOUNDARIES);
      }
    }
  };
  const scrapes = async (times: number) => {
    const before = { stable: exporters.stable.scrapes(), canary: exporters.canary.scrapes() };
    const isDone = (track: Track) => exporters[track].scrapes() >= before[track] + times;
    await expect.poll(() => isDone('stable') && isDone('canary'), { timeout: 20_000, interval: 20 }).toBe(true);
    // A scrape is read a quarter of an interval after it began.
    await sleep(INTERVAL_MS / 2);
  };
  traffic({ requests: 1, errors: 0 }, { requests: 1, errors: 0 });
  const prometheus = await startPrometheus(path, {
    targets: [{ port: exporters.stable.port }, { port: exporters.canary.port }],
    intervalMs: INTERVAL_MS,
  });
  let split = { epoch: 3, canaryBps: 1_000, since: Date.now() };
  await scrapes(3);
  return {
    source: sourceAt(prometheus.url, { intervalMs: INTERVAL_MS, gateway: async () => ({ blocks: [], cursor: 'g.1' }) }),
    request: () => requestOf({ split }),
    traffic,
    pass: () => scrapes(3),
    async changeSplit(canaryBps) {
      split = { epoch: split.epoch + 1, canaryBps, since: Date.now() };
    },
    async close() {
      await prometheus.close();
      await Promise.all([exporters.stable.close(), exporters.canary.close()]);
    },
  };
}
