import { describe, expect, it } from 'vitest';
import { LogBook } from '../../../src/logs/counting/log-book.ts';
import { withLogs } from '../../../src/logs/with-logs.ts';
import type { CollectRequest, MetricsSource } from '../../../src/metrics/source.ts';
import { sightingOfLog } from '../../../src/stats/logs/log-sighting.ts';
import { logLineOf } from '../../support/log-line.ts';
import { requestOf } from '../../support/metrics-request.ts';

const T0 = 1_800_000_000_000;
const LINE = logLineOf();
const NONE_SEEN = async () => new Map();
const NOTHING = { requests: 0, errors: 0, clientErrors: 0, latency: {} };
const NONE = { stable: NOTHING, canary: NOTHING };

function blockOf(endsAt: number) {
  const span = { startedAt: endsAt - 5_000, durationMs: 5_000, splitEpoch: 3, canaryBps: 5_000 };
  return { ...span, ...NONE, forced: NONE, ruled: NONE };
}

/** A source with one block for each look since its cursor, and the lines of a book on a clock that the test sets. */
function stage() {
  const book = new LogBook();
  const clock = { now: T0 };
  const asked: (string | null)[] = [];
  const askedFor: string[] = [];
  const inner: MetricsSource = {
    name: 'inner',
    sightings: async (_, names) => {
      askedFor.push(...names);
      return new Map(names.map((name) => [name, { consumers: ['acme'], examples: [] }]));
    },
    async collect({ after }) {
      asked.push(after);
      const from = after === null ? T0 : Number(after);
      const blocks = [];
      for (let end = from + 5_000; end <= clock.now; end += 5_000) blocks.push(blockOf(end));
      return { kind: 'blocks', blocks, cursor: String(clock.now) };
    },
  };
  const source = withLogs(inner, {
    take: async (take) => {
      book.begin(take, clock.now);
      return book.take(take, clock.now);
    },
    sightings: async (route, names) => book.sightings(route, names, clock.now),
  });
  const look = async (after: string | null, more: Partial<CollectRequest> = { logs: true }) => {
    const collected = await source.collect(
      requestOf({ route: 'shop', after, split: { epoch: 3, canaryBps: 5_000, since: T0 - 60_000 }, ...more }),
      new AbortController().signal,
    );
    if (collected.kind !== 'blocks') throw new Error(collected.reason);
    return collected;
  };
  return { book, clock, asked, look, source, askedFor };
}

describe('blocks with logs', () => {
  it('carry what came since the last committed cursor, once', async () => {
    const { book, clock, asked, look } = stage();
    const first = await look(null);
    book.add('shop', LINE, 'v2', T0 + 1_000);
    clock.now = T0 + 5_000;
    const second = await look(first.cursor);
    expect(second.blocks.map(({ logs }) => logs?.canary?.lines)).toEqual([1]);
    clock.now = T0 + 10_000;
    const again = await look(first.cursor);
    expect(again.blocks.map(({ logs }) => logs?.canary?.lines)).toEqual([1, 0]);
    const third = await look(again.cursor);
    expect(third.blocks).toEqual([]);
    expect(asked).toEqual([null, String(T0), String(T0), String(T0 + 10_000)]);
  });

  it('carry with the next look what came too late for one', async () => {
    const { book, clock, look } = stage();
    const first = await look(null);
    book.add('shop', LINE, 'v2', T0 + 1_000);
    clock.now = T0 + 5_000;
    const asked: (() => void)[] = [];
    const inner: MetricsSource = {
      name: 'inner',
      collect: async () => ({ kind: 'blocks', blocks: [blockOf(clock.now)], cursor: String(clock.now) }),
    };
    const late = withLogs(inner, {
      take: async (take) => {
        asked.push(() => book.take(take, clock.now));
        return null;
      },
      sightings: NONE_SEEN,
    });
    const missed = await late.collect(
      requestOf({ route: 'shop', after: first.cursor, split: { epoch: 3, canaryBps: 5_000, since: T0 }, logs: true }),
      new AbortController().signal,
    );
    asked[0]?.();
    clock.now = T0 + 10_000;
    const { blocks } = await look(missed.kind === 'blocks' ? missed.cursor : null);
    expect(blocks.map(({ logs }) => logs?.canary?.lines)).toEqual([1]);
  });

  it('say what their lines are fetched from, and nothing of versions while it fails', async () => {
    const { book, clock } = stage();
    let fault: string | null = null;
    const inner: MetricsSource = {
      name: 'inner',
      collect: async () => ({ kind: 'blocks', blocks: [blockOf(clock.now)], cursor: String(clock.now) }),
    };
    const source = withLogs(inner, {
      take: async (take) => {
        book.begin(take, clock.now);
        return book.take(take, clock.now);
      },
      sightings: async () => new Map(),
      fetched: (route) => (route === 'shop' ? { from: 'Loki', fault } : null),
    });
    const split = { epoch: 3, canaryBps: 5_000, since: T0 - 60_000 };
    const look = async () => {
      const asked = requestOf({ route: 'shop', after: null, split, logs: true });
      const collected = await source.collect(asked, new AbortController().signal);
      return collected.kind === 'blocks' ? collected.blocks.at(-1)?.logs : null;
    };
    await look();
    book.add('shop', LINE, 'v2', T0 + 1_000);
    clock.now = T0 + 5_000;
    expect(await look()).toMatchObject({ canary: { lines: 1 }, fetched: { from: 'Loki', fault: null } });
    book.add('shop', LINE, 'v2', T0 + 6_000);
    clock.now = T0 + 10_000;
    fault = 'Loki answered 503';
    expect(await look()).toEqual({ stable: null, canary: null, fetched: { from: 'Loki', fault } });
  });

  it('carry none, and cost nothing, where the policy has no such check', async () => {
    const { clock, look } = stage();
    clock.now = T0 + 5_000;
    const { blocks, cursor } = await look(null, {});
    expect([blocks.map((block) => 'logs' in block), cursor]).toEqual([[false], String(T0 + 5_000)]);
  });

  it('carry nothing of either version where the lines are out of reach, and the cursor stays', async () => {
    const { clock, look, asked } = stage();
    clock.now = T0 + 5_000;
    const source = withLogs(
      { name: 'inner', collect: async () => ({ kind: 'blocks', blocks: [blockOf(T0)], cursor: '7' }) },
      { take: async () => null, sightings: NONE_SEEN },
    );
    const request = requestOf({ after: (await look(null)).cursor, logs: true });
    const collected = await source.collect(request, new AbortController().signal);
    expect(collected).toMatchObject({ blocks: [{ logs: { stable: null, canary: null } }] });
    expect(collected.kind === 'blocks' && collected.cursor).toContain('"blocks":"7"');
    expect(asked).toHaveLength(1);
  });

  it('have examples of log lines from here, and everything else from the source within', async () => {
    const { book, look, source, askedFor } = stage();
    await look(null);
    book.add('shop', LINE, 'v2', T0 + 1_000);
    const boom = sightingOfLog({ of: 'template', name: 'error : boom' });
    const answers = 'GET /orders/{id} 2xx present /amount';
    expect(await source.sightings?.('shop', [boom, answers])).toEqual(
      new Map([
        [answers, { consumers: ['acme'], examples: [] }],
        [boom, { consumers: [], examples: [{ track: 'canary', text: 'boom' }] }],
      ]),
    );
    expect(askedFor).toEqual([answers]);
    expect(await source.sightings?.('other', [boom])).toEqual(new Map());
  });
});
