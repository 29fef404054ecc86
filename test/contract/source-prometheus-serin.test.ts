import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { durationMetrics } from '../../src/exposition/duration-metrics.ts';
import { DURATION_BUCKETS } from '../../src/gateway/measure/durations.ts';
import { otel } from '../../src/metrics/presets/otel.ts';
import { collection } from '../support/collected.ts';
import { orderTo, routeTo, startGateway, using } from '../support/gateway.ts';
import { metricsBy, sourceAt } from '../support/metrics-request.ts';
import { prometheusBinary, startPrometheus } from '../support/prometheus.ts';
import { serviceOrSkip } from '../support/require-service.ts';
import { httpUpstream, type TestUpstream } from '../support/upstream.ts';

const INTERVAL_MS = 2_000;
/** Far from the boundary of a second: on a busy machine a quick answer may well take half of one. */
const SLOW_MS = 2_000;

/** `/STATUS/slow` is answered with that status, and not soon; `/gone` is not answered at all. */
function service(): Promise<TestUpstream> {
  return httpUpstream((request, response) => {
    const [, status = '', pace] = (request.url ?? '').split('/');
    if (status === 'gone') {
      request.socket.destroy();
      return;
    }
    const wait = pace === 'slow' ? sleep(SLOW_MS) : Promise.resolve();
    void wait.then(() => response.writeHead(Number(status)).end());
  });
}

serviceOrSkip('prometheus', await prometheusBinary())('a Prometheus that scrapes Serin itself', (binary) => {
  it('has the requests, errors and latencies of each version as they were', { timeout: 90_000 }, async () => {
    const [stable, canary] = await Promise.all([using(service()), using(service())]);
    const gateway = await startGateway([routeTo(stable.url)]);
    await gateway.setSplit(orderTo(stable.url, canary.url));
    const metricsPage = await using(
      httpUpstream((_, response) => {
        response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
        void gateway.durations().then((rows) => response.end(durationMetrics(rows, DURATION_BUCKETS)));
      }),
    );
    const ask = async (times: number, path: string, track: 'stable' | 'canary') => {
      const headers = track === 'canary' ? { 'x-version': 'canary' } : {};
      for (let n = 0; n < times; n += 1) {
        const answer = await fetch(`${gateway.url}/${path}`, { headers });
        expect(answer.headers.get('x-serin-version')).toBe(track === 'canary' ? 'v2' : 'v1');
        await answer.arrayBuffer();
      }
    };
    await Promise.all([ask(3, '200', 'stable'), ask(3, '200', 'canary')]);
    const prometheus = await using(
      startPrometheus(binary, { targets: [{ port: metricsPage.port }], intervalMs: INTERVAL_MS }),
    );

    const metrics = metricsBy('serin_version', otel, { match: { http_route: 'shop' } });
    const seen = collection(sourceAt(prometheus.url, { metrics, intervalMs: INTERVAL_MS }));
    await expect.poll(async () => [await seen.look(), seen.begun()], { timeout: 30_000 }).toEqual([null, true]);
    seen.clear();

    await Promise.all([ask(40, '200', 'stable'), ask(2, '503', 'stable'), ask(1, 'gone', 'stable')]);
    await Promise.all([ask(10, '200', 'canary'), ask(4, '404', 'canary'), ask(3, '500', 'canary')]);
    await Promise.all([1, 2, 3, 4, 5].map(() => ask(1, '200/slow', 'canary')));

    await expect
      .poll(async () => [await seen.look(), seen.sums('stable').requests, seen.sums('canary').requests], {
        timeout: 30_000,
      })
      .toEqual([null, 43, 22]);
    // Latencies are those of answers that are neither errors nor 4xx.
    expect(seen.sums('stable')).toMatchObject({ errors: 3, clientErrors: 0, answers: 40 });
    expect(seen.sums('canary')).toMatchObject({ errors: 3, clientErrors: 4, answers: 15, above: { 1000: 5 } });
  });
});
