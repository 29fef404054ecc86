import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CollectRequest } from '../../src/metrics/source.ts';
import { requestOf, type SourceParts } from '../support/metrics-request.ts';
import { at, BUCKET, COUNT, collectFrom, healthy, scraped, status } from '../support/scraped-series.ts';
import { type ScriptedPrometheus, type ScriptedSeries, scriptedPrometheus } from '../support/scripted-prometheus.ts';

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

describe('a block of Prometheus', () => {
  it('is the growth of raw counters since one scrape after the split', async () => {
    expect(await blockOf()).toMatchObject({
      startedAt: at(25),
      durationMs: 55 * 1_000,
      splitEpoch: 3,
      canaryBps: 1_000,
      // From the scrape at 30 s to that at 75 s.
      stable: { requests: 270, errors: 0, clientErrors: 0, latency: {} },
      canary: { requests: 30, errors: 0, clientErrors: 0, latency: {} },
      missing: null,
      cursor: `${at(80)} g.1`,
    });
  });

  it('takes the latencies of classic buckets as counts above their boundaries', async () => {
    server.series = [
      ...healthy().filter(({ metric }) => metric !== BUCKET),
      ...(['v1', 'v2'] as const).flatMap((version) => [
        scraped(BUCKET, status(version, '200', { le: '0.1' }), [0, 50, 100, 150, 200, 250]),
        scraped(BUCKET, status(version, '200', { le: '1.0' }), [0, 70, 140, 210, 280, 350]),
        scraped(BUCKET, status(version, '200', { le: '+Inf' }), [0, 80, 160, 240, 320, 400]),
        scraped(BUCKET, status(version, '500', { le: '+Inf' }), [0, 9, 18, 27, 36, 45]),
        scraped(BUCKET, status(version, '404', { le: '+Inf' }), [0, 9, 18, 27, 36, 45]),
      ]),
    ];
    const above = [
      { ms: 100, count: 90 },
      { ms: 1_000, count: 30 },
    ];
    expect(await blockOf()).toMatchObject({
      stable: { slower: { answers: 240, above } },
      canary: { slower: { answers: 240, above } },
    });
  });

  it('counts redirects, 304 and what has no content by the status', async () => {
    server.series = [
      ...healthy(),
      ...['204', '302', '304', '201'].map((code, n) =>
        scraped(
          COUNT,
          status('v2', code),
          [0, 1, 2, 3, 4, 5].map((at) => at * (n + 1)),
        ),
      ),
    ];
    const block = await blockOf();
    expect(block.stable?.statuses).toBeUndefined();
    expect(block.canary).toMatchObject({ requests: 30 + 30, empty: 3, statuses: { 204: 3, 302: 6, 304: 9 } });
  });

  it('tells errors by the status, 4xx apart, 499 not at all, by the statuses of the policy', async () => {
    server.series = [
      ...healthy(),
      ...['404', '429', '499', '503'].map((code, n) =>
        scraped(
          COUNT,
          status('v2', code),
          [0, 1, 2, 3, 4, 5].map((step) => step * (n + 1)),
        ),
      ),
    ];
    expect((await blockOf()).canary).toMatchObject({ requests: 30 + 3 + 6 + 12, errors: 12, clientErrors: 9 });
    const strict = requestOf({ measure: { blockMs: 5_000, errorStatuses: [429] } });
    expect((await blockOf({ measure: strict.measure })).canary).toMatchObject({ errors: 6, clientErrors: 3 });
  });

  it('counts a counter that began again from zero', async () => {
    server.series = healthy().map((series) =>
      series.labels['service_version'] === 'v2' ? { ...series, samples: withReset(series.samples) } : series,
    );
    // 30 -> 40 -> 7 -> 17: ten, seven and ten.
    expect((await blockOf()).canary).toMatchObject({ requests: 27 });
  });

  it('counts the first errors of a pod, whose series only begins with them', async () => {
    server.series = [...healthy(), scraped(COUNT, status('v2', '500'), [4, 6], 4)];
    expect((await blockOf()).canary).toMatchObject({ requests: 36, errors: 6 });
  });

  it('counts a new pod from its first sample, or from zero where it says that it began in the block', async () => {
    const pod = status('v2', '200', { instance: 'new' });
    server.series = [...healthy(), scraped(COUNT, pod, [500, 507], 4)];
    expect((await blockOf()).canary).toMatchObject({ requests: 37 });
    const created = 'http_server_request_duration_seconds_created';
    server.series = [...server.series, scraped(created, pod, [at(50.5) / 1_000, at(50.5) / 1_000], 4)];
    expect((await blockOf()).canary).toMatchObject({ requests: 537 });
  });

  it('waits for a new sample of both versions: a scrape that is missing merges into the next block', async () => {
    const first = await collect({}, { now: () => at(63) });
    expect(first).toMatchObject({ kind: 'blocks', cursor: `${at(61)} g.1` });
    if (first.kind !== 'blocks') expect.fail(first.reason);
    const between = await collect({ after: first.cursor }, { now: () => at(70) });
    expect(between).toEqual({ kind: 'blocks', blocks: [], cursor: first.cursor });
    server.series = healthy().map(({ samples, ...series }) => ({
      ...series,
      samples: series.labels['service_version'] === 'v2' ? samples.slice(0, 5) : samples,
    }));
    expect(await collect({ after: first.cursor }, { now: () => at(80) })).toMatchObject({ blocks: [] });
    server.series = healthy();
    expect(await blockOf({ after: first.cursor })).toMatchObject({
      startedAt: at(61),
      stable: { requests: 90 },
      canary: { requests: 10 },
    });
  });

  it('says what the gateway sent, where that is the router, and what was forced', async () => {
    const tally = (requests: number) => ({ requests, errors: 1, clientErrors: 0, latency: { 3: requests } });
    const pair = { stable: tally(2), canary: tally(5) };
    const of = (splitEpoch: number) => ({
      startedAt: at(30),
      durationMs: 5 * 1_000,
      splitEpoch,
      canaryBps: 1_000,
      stable: tally(90),
      canary: tally(10),
      forced: pair,
      ruled: pair,
    });
    const gateway = async () => ({ blocks: [of(2), of(3), of(3)], cursor: 'g.7' });
    expect(await blockOf({}, { gateway })).toMatchObject({
      routed: { stable: 180, canary: 20 },
      forced: { canary: { requests: 10, errors: 2 } },
      cursor: `${at(80)} g.7`,
    });
    // That keys went together holds for what is measured elsewhere as well; that each request was drawn does not.
    const assigned = async (assignment: 'by-key' | 'per-request') => {
      const blocks = [{ ...of(3), assignment }];
      return (await blockOf({}, { gateway: async () => ({ blocks, cursor: 'g.8' }) })).assignment;
    };
    expect(await assigned('by-key')).toBe('by-key');
    expect(await assigned('per-request')).toBeUndefined();
  });

  it('has the share that was measured where the gateway is not the router', async () => {
    const block = await blockOf({}, { gateway: null });
    expect(block).toMatchObject({ canaryBps: 1_000, cursor: String(at(80)) });
    expect(block).not.toHaveProperty('routed');
    const own = healthy().map((series) =>
      series.labels['service_version'] === 'v2' && series.metric === COUNT
        ? { ...series, samples: series.samples.map(([time, value]) => [time, Number(value) * 3] as const) }
        : series,
    );
    server.series = own;
    expect((await blockOf({}, { gateway: null })).canaryBps).toBe(2_500);
  });

  it('merges at most fifteen minutes, and says so', async () => {
    server.series = healthy().map((series) => ({
      ...series,
      samples: Array.from({ length: 400 }, (_, n) => [at(n * 15), n * 10] as const),
    }));
    const block = await blockOf({ after: `${at(60)} g.1` }, { now: () => at(3_600) });
    expect(block).toMatchObject({ durationMs: 900 * 1_000, missing: expect.stringContaining('15 min') });
    expect(await blockOf({ after: block.cursor }, { now: () => at(3_630) })).toMatchObject({ missing: null });
  });

  it('is not there before the split was seen in force, and none mixes samples from before it', async () => {
    const nothing = { kind: 'blocks', blocks: [], cursor: null };
    expect(await collect({ split: { epoch: 3, canaryBps: 1_000, since: null } })).toEqual(nothing);
    expect(await collect({ split: { epoch: 4, canaryBps: 5_000, since: at(79) } })).toEqual(nothing);
    const after = `${at(50)} g.1`;
    const block = await blockOf({ after, split: { epoch: 4, canaryBps: 5_000, since: at(44) } });
    // The sample at 45 s is of the guard time; that at 60 s is where counting starts.
    expect(block).toMatchObject({ startedAt: at(59), stable: { requests: 90 } });
  });
});

function withReset(samples: ScriptedSeries['samples']): ScriptedSeries['samples'] {
  return samples.map(([time, value], n) => [time, n < 4 ? value : n === 4 ? 7 : 17]);
}
