import { describe, expect, it } from 'vitest';
import { clockFrom } from '../../../src/gateway/http/clock.ts';
import { EndpointNames } from '../../../src/gateway/measure/endpoints/endpoint-names.ts';
import { FrequencySketch } from '../../../src/gateway/measure/endpoints/frequency-sketch.ts';
import { KnownEndpoints, MOST_KNOWN } from '../../../src/gateway/measure/endpoints/known-endpoints.ts';
import { RouteRecorder } from '../../../src/gateway/measure/recorder.ts';
import { SliceRows } from '../../../src/gateway/measure/slice-rows.ts';
import { orderTo } from '../../support/gateway.ts';

const word = (at: number) => Array.from(String(at), (digit) => 'abcdefghij'[Number(digit)]).join('');

describe('the endpoints that are known', () => {
  it('are the most frequent ones, and displaced by nothing that is rare', () => {
    const known = new KnownEndpoints();
    for (let at = 0; at < MOST_KNOWN; at += 1) for (let n = 0; n < 5; n += 1) known.note(at + 1, () => `real ${at}`);
    for (let at = 0; at < 20_000; at += 1) known.note(1_000_000 + 7 * at, () => 'made up');
    expect([...known.all()].filter(({ name }) => name === 'made up').length).toBeLessThan(MOST_KNOWN / 4);
    for (let n = 0; n < 20; n += 1) known.note(999_999, () => 'new');
    expect(known.find(999_999)).toMatchObject({ name: 'new', notes: expect.any(Number) });
    expect([...known.all()]).toHaveLength(MOST_KNOWN);
  });

  it('are counted never too seldom by the sketch', () => {
    const sketch = new FrequencySketch();
    for (let at = 0; at < 3_000; at += 1) sketch.add(at * 2_654_435_761);
    for (let n = 1; n <= 9; n += 1) expect(sketch.add(12_345)).toBeGreaterThanOrEqual(n);
    expect(sketch.add(12_345)).toBeLessThan(15);
  });
});

describe('the rows of endpoints', () => {
  const names = new EndpointNames(['/declared/{id}']);
  const endpointsOf = (rows: SliceRows) =>
    rows.names.filter(({ dimension }) => dimension === 'endpoint').map(({ name }) => name);
  const ranked = (from: number, count: number) =>
    Array.from({ length: count }, (_, at) => ({
      hash: names.hashOf(0, `/real-${word(from + at)}`),
      name: names.nameOf(0, `/real-${word(from + at)}`),
    }));
  const flood = (rows: SliceRows, count = 300) => {
    for (let at = 0; at < count; at += 1) rows.endpoint(0, `/made-${word(at)}`, 200);
  };

  it('are half of them for whoever comes first, and the rest for what is known and what is declared', () => {
    const rows = new SliceRows(names);
    flood(rows);
    expect(endpointsOf(rows)).toHaveLength(51);
    rows.endpoint(0, '/declared/7', 200);
    rows.admit(ranked(0, 100));
    expect(endpointsOf(rows)).toHaveLength(100);
    expect(endpointsOf(rows)).toContain('GET /declared/{id}');
    expect(rows.endpoint(0, '/real-a', 200)).toBe(rows.endpoint(0, '/real-a', 404));
  });

  it('begin with what is known, in its order, and leave some free', () => {
    const rows = new SliceRows(names, ranked(0, 100));
    expect(endpointsOf(rows).slice(0, 2)).toEqual(['GET /real-a', 'GET /real-b']);
    expect(endpointsOf(rows)).toHaveLength(80);
    flood(rows);
    expect(endpointsOf(rows).filter((name) => name.startsWith('GET /made'))).toEqual([]);
    rows.admit(ranked(90, 30));
    expect(endpointsOf(rows)).toHaveLength(100);
  });

  it('are given during a rollout to what the stable turns out to answer at', () => {
    let now = 1_000_000;
    const recorder = new RouteRecorder(
      clockFrom(() => now),
      orderTo('http://v1', 'http://v2', { canaryBps: 5_000, measure: { blockMs: 1_000, errorStatuses: ['5xx'] } }),
      {},
      { slices: 'on', templates: [], assignmentOf: () => 'per-request' },
    );
    const ask = (path: string, client: string) => {
      const ticket = recorder.begin('stable', 'weight');
      ticket.describe('GET', path, null, client);
      recorder.answered(ticket, 200, 'whole');
      recorder.complete(ticket);
    };
    const hasRow = () =>
      recorder
        .slices()
        .at(-1)
        ?.slices.some(({ name }) => name === 'GET /orders') ?? false;
    const seen: boolean[] = [];
    for (let block = 0; block < 30; block += 1) {
      for (let at = 0; at < 300; at += 1) ask(`/made-${word(at)}`, 'attacker');
      for (let at = 0; at < 25; at += 1) ask(at === 0 ? '/orders' : `/rest-${word(at)}`, `client ${at}`);
      now += 1_000;
      recorder.collect(null, 1e9);
      seen.push(hasRow());
    }
    expect([seen[0], seen[18], seen[29]]).toEqual([false, false, true]);
  });
});
