import { describe, expect, it } from 'vitest';
import type { CollectRequest, MetricsSource } from '../../../src/metrics/source.ts';
import { formatTakenCursor, parseTakenCursor } from '../../../src/metrics/taken-cursor.ts';
import { type ProbeRequest, withProbes } from '../../../src/metrics/with-probes.ts';
import type { Upstream } from '../../../src/split/order.ts';
import { blockOf } from '../../support/judge-blocks.ts';

const signal = new AbortController().signal;
const requests: readonly ProbeRequest[] = [
  { method: 'GET', path: '/a' },
  { method: 'HEAD', path: '/b' },
];

function requestOf(more: Partial<CollectRequest> = {}): CollectRequest {
  return {
    route: 'shop',
    after: null,
    slowAfterMs: 1_000,
    versions: { stable: { url: 'http://s/', version: 'v1' }, canary: { url: 'http://c/', version: 'v2' } },
    split: { epoch: 3, canaryBps: 1_000, since: 0 },
    measure: { blockMs: 5_000, errorStatuses: ['5xx'] },
    queries: {},
    probesEveryMs: 60_000,
    ...more,
  };
}

function stage() {
  const sent: string[] = [];
  const asked: (string | null)[] = [];
  const waiting: (() => void)[] = [];
  let now = 0;
  let epochs: readonly number[] = [3];
  let isHeld = false;
  const inner: MetricsSource = {
    name: 'inner',
    async collect({ after }) {
      asked.push(after);
      const blocks = epochs.map((splitEpoch) => blockOf({ splitEpoch }));
      return { kind: 'blocks', blocks, cursor: `boot.${asked.length}` };
    },
  };
  const coins = [0, 1, 1];
  const source = withProbes(inner, {
    requests: new Map([['shop', requests]]),
    send: async ({ url }: Upstream, { method, path }) => {
      sent.push(`${method} ${url}${path.slice(1)}`);
      if (isHeld) await new Promise<void>((resolve) => waiting.push(resolve));
      return url.includes('//c/') ? 40 : 30;
    },
    now: () => now,
    coin: () => coins.shift() ?? 0,
  });
  let cursor: string | null = null;
  const look = async (atMs: number, more: Partial<CollectRequest> = {}, commit: 'commits' | 'fails' = 'commits') => {
    now = atMs;
    const collected = await source.collect(requestOf({ after: cursor, ...more }), signal);
    await new Promise((resolve) => setImmediate(resolve));
    if (collected.kind !== 'blocks') return [];
    if (commit === 'commits') ({ cursor } = collected);
    return collected.blocks.map(({ probes }) => probes);
  };
  return {
    sent,
    look,
    cursor: () => cursor,
    asked,
    hold: () => {
      isHeld = true;
    },
    release: () => {
      isHeld = false;
      for (const resolve of waiting.splice(0)) resolve();
    },
    setEpochs: (next: readonly number[]) => {
      epochs = next;
    },
  };
}

describe('a source with probes', () => {
  it('sends a pair when it is due, in an order that chance decides, each request in turn', async () => {
    const { sent, look } = stage();
    expect(await look(0)).toEqual([undefined]);
    expect(await look(5_000)).toEqual([[{ stable: 30, canary: 40 }]]);
    expect(await look(10_000)).toEqual([undefined]);
    await look(60_000);
    await look(120_000);
    expect(sent).toEqual([
      'GET http://c/a',
      'GET http://s/a',
      'HEAD http://s/b',
      'HEAD http://c/b',
      'GET http://s/a',
      'GET http://c/a',
    ]);
  });

  it('gives a pair once, and again where the look with it was not committed', async () => {
    const { look, asked, cursor } = stage();
    const pair = [{ stable: 30, canary: 40 }];
    await look(0);
    expect(await look(5_000, {}, 'fails')).toEqual([pair]);
    expect(await look(10_000, {}, 'fails')).toEqual([pair]);
    await look(60_000, {}, 'fails');
    expect(await look(65_000)).toEqual([[...pair, ...pair]]);
    const committed = cursor();
    expect(await look(70_000)).toEqual([undefined]);
    // The commit came through, though nobody was told.
    expect(await look(75_000, { after: committed })).toEqual([undefined]);
    expect(asked).toEqual([null, 'boot.1', 'boot.1', 'boot.1', 'boot.1', 'boot.5', 'boot.5']);
  });

  it('goes on after the pairs of an older split, and tells its source nothing of them', async () => {
    const { look, setEpochs } = stage();
    await look(0);
    expect(await look(5_000)).toEqual([[{ stable: 30, canary: 40 }]]);
    setEpochs([4]);
    const next = { split: { epoch: 4, canaryBps: 5_000, since: 0 } };
    await look(10_000, next);
    expect(await look(15_000, next)).toEqual([[{ stable: 30, canary: 40 }]]);
  });

  it('drops what may have been taken before another process took over', async () => {
    const { look } = stage();
    const other = stage();
    await look(0);
    await look(5_000, {}, 'fails');
    await other.look(0);
    await other.look(5_000);
    expect(await look(10_000, { after: other.cursor() })).toEqual([undefined]);
  });

  it.each([null, 'boot.7', '{"format":"queries/1","blocks":"boot.7","checks":{}}', '{"format":"probes/1"'])(
    'reads the cursor %s of a source without probes',
    async (after) => {
      const { look, asked } = stage();
      await look(0, { after });
      expect(asked).toEqual([after]);
      expect(
        parseTakenCursor('probes/1', formatTakenCursor('probes/1', { blocks: after, taken: { boot: 'a', seq: 3 } })),
      ).toEqual({
        blocks: after,
        taken: { boot: 'a', seq: 3 },
      });
    },
  );

  it('sends nothing before the split is in force, or without requests of the route', async () => {
    const { sent, look } = stage();
    await look(0, { split: { epoch: 3, canaryBps: 1_000, since: null } });
    await look(0, { route: 'other' });
    expect(sent).toEqual([]);
  });

  it('has one pair under way, and puts a pair on a block of its own split alone', async () => {
    const { sent, look, hold, release, setEpochs } = stage();
    hold();
    await look(0);
    await look(60_000);
    await look(120_000);
    expect(sent).toEqual(['GET http://c/a']);
    release();
    await new Promise((resolve) => setImmediate(resolve));
    setEpochs([2, 3, 4]);
    const [before, own, after] = await look(121_000);
    expect([before, own, after]).toEqual([undefined, [{ stable: 30, canary: 40 }], undefined]);
    await look(200_000);
    const next = { split: { epoch: 4, canaryBps: 5_000, since: 0 } };
    setEpochs([4]);
    expect(await look(205_000, next)).toEqual([undefined]);
  });
});
