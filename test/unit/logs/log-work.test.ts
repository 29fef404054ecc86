import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { TakeLogs } from '../../../src/logs/counting/take-logs.ts';
import type { LogBatch } from '../../../src/logs/thread/log-batch.ts';
import { LogIntake } from '../../../src/logs/thread/log-intake.ts';
import { type LogAnswer, LogThread } from '../../../src/logs/thread/log-thread.ts';
import { LogWork } from '../../../src/logs/thread/log-work.ts';
import { sightingOfLog } from '../../../src/stats/logs/log-sighting.ts';

const ROUTES = { names: ['shop'], byService: { 'shop-api': 'shop' } };
const T0 = 1_800_000_000_000;
const WATCHED = { stable: 'v1', canary: 'v2', epoch: 1, since: null };

function batchOf(text: string | Buffer, parts: Partial<LogBatch> = {}): LogBatch {
  const bytes = new Uint8Array(Buffer.from(text));
  return { way: 'ndjson', coding: 'identity', route: 'shop', version: null, bytes, ...parts };
}

const LINE = '{"level":"error","message":"boom","version":"v2"}\n';

describe('reading a batch', () => {
  const work = new LogWork();
  const read = (batch: LogBatch) => work.done({ kind: 'batch', batch, routes: ROUTES }, T0);
  work.done({ kind: 'take', take: { route: 'shop', watched: WATCHED, spans: [], taken: null } }, T0);

  it('says what became of its lines; a sender that is bound to a version writes for no other', () => {
    expect(read(batchOf(`${LINE}{\n`))).toMatchObject({
      kind: 'read',
      totals: [
        { route: 'shop', track: 'canary', outcome: 'counted', lines: 1 },
        { route: 'shop', track: null, outcome: 'malformed', lines: 1 },
      ],
    });
    expect(read(batchOf(LINE, { version: 'v1' }))).toMatchObject({ totals: [{ track: 'stable', outcome: 'counted' }] });
    expect(read(batchOf(LINE, { route: null }))).toMatchObject({ totals: [{ route: '', outcome: 'unrouted' }] });
  });

  it('only counts the lines of a route that nobody judges', () => {
    const idle = new LogWork();
    const batch = batchOf(gzipSync(`${LINE}{\n{`), { coding: 'gzip' });
    expect(idle.done({ kind: 'batch', batch, routes: ROUTES }, T0)).toMatchObject({
      totals: [{ route: 'shop', track: null, outcome: 'unwatched', lines: 3 }],
    });
  });

  it('inflates it within a bound', () => {
    expect(read(batchOf(gzipSync(LINE), { coding: 'gzip' }))).toMatchObject({ totals: [{ outcome: 'counted' }] });
    const bomb = gzipSync(Buffer.alloc(17 * 1024 * 1024));
    expect(bomb.length).toBeLessThan(20_000);
    expect(read(batchOf(bomb, { coding: 'gzip' }))).toMatchObject({ kind: 'unreadable', reason: /inflates to more/ });
    const records = (count: number) => `{"resourceLogs":[{"scopeLogs":[{"logRecords":[${'{},'.repeat(count)}{}]}]}]}`;
    expect(read(batchOf(records(60_000), { way: 'otlp-json' }))).toMatchObject({ reason: /more than 50000 records/ });
    // An empty record is the tag of its field, and no length.
    const held = (tag: number, inner: Buffer) => {
      const size = inner.length;
      return Buffer.concat([Buffer.from([tag, (size & 127) | 128, ((size >> 7) & 127) | 128, size >> 14]), inner]);
    };
    const empty = Buffer.alloc(120_000, Buffer.from([0x12, 0]));
    const protobuf = { way: 'otlp-protobuf' } as const;
    expect(read(batchOf(held(10, held(18, empty)), protobuf))).toMatchObject({ reason: /more than 50000 records/ });
    expect(read(batchOf(held(10, empty), protobuf))).toMatchObject({ reason: /more than 50000 records/ });
    expect(read(batchOf('plain', { coding: 'gzip' }))).toMatchObject({ kind: 'unreadable', reason: 'it is no gzip' });
  });
});

describe('the intake', () => {
  let now = 0;
  const asked: ((answer: LogAnswer) => void)[] = [];
  const ask = () => new Promise<LogAnswer>((done) => asked.push(done));
  const open = () => new LogIntake({ ask, routes: ROUTES, now: () => now });
  const done = (tookMs: number): LogAnswer => ({ kind: 'read', totals: [], tookMs });

  afterEach(() => {
    now = 0;
    asked.length = 0;
  });

  const OWN = 'token shop';
  const OTHER = 'token other';
  const settled = () => new Promise((go) => setImmediate(go));

  it('turns batches of a sender away while as much of it waits as may', async () => {
    const intake = open();
    const large = () => batchOf(Buffer.alloc(15 * 1024 * 1024));
    const first = intake.give(large(), OWN);
    void intake.give(large(), OWN);
    expect(await intake.give(large(), OWN)).toEqual({ kind: 'busy', retryAfterMs: 1_000 });
    expect(await intake.give(large(), OTHER)).toEqual({ kind: 'busy', retryAfterMs: 1_000 });
    void intake.give(batchOf(LINE), OTHER);
    asked[0]?.(done(1));
    expect(await first).toMatchObject({ kind: 'read' });
    expect(intake.refused()).toBe(2);
    void intake.give(large(), OWN);
    expect(intake.refused()).toBe(2);
  });

  it('turns a sender away once reading took more than its share of a core, and says for how long', async () => {
    const intake = open();
    const first = intake.give(batchOf(LINE), OWN);
    asked[0]?.(done(3_000));
    await first;
    expect(await intake.give(batchOf(LINE), OWN)).toEqual({ kind: 'busy', retryAfterMs: 4_000 });
    now = 4_100;
    void intake.give(batchOf(LINE), OWN);
    expect(asked).toHaveLength(2);
  });

  it('turns nobody away for what another sender took, nor lets it wait behind all that one has', async () => {
    const intake = open();
    const batches = Array.from({ length: 3 }, () => intake.give(batchOf(LINE), OWN));
    const others = [intake.give(batchOf(LINE), OTHER)];
    asked[0]?.({ kind: 'unreadable', reason: 'it is no JSON', tookMs: 14_000 });
    await settled();
    expect(asked).toHaveLength(2);
    asked[1]?.(done(10));
    expect(await others[0]).toMatchObject({ kind: 'read' });
    // What it had waiting is not read on its credit either.
    expect(await Promise.all(batches)).toMatchObject([{ kind: 'unreadable' }, { kind: 'busy' }, { kind: 'busy' }]);
    for (let at = 0; at < 100; at++) {
      now += 1_000;
      const given = intake.give(batchOf(LINE), OTHER);
      asked.at(-1)?.(done(50));
      expect(await given).toMatchObject({ kind: 'read' });
    }
  });

  it('takes no more than its share of a core in all, however many send', async () => {
    const intake = open();
    let took = 0;
    for (; now < 600_000; now += 500) {
      for (let sender = 0; sender < 10; sender++) {
        const count = asked.length;
        const given = intake.give(batchOf(LINE), `token ${sender}`);
        if (asked.length === count) continue;
        asked.at(-1)?.(done(200));
        await given;
        took += 200;
      }
    }
    expect(took / now).toBeGreaterThan(0.2);
    expect(took / now).toBeLessThan(0.3);
  });

  it('says so where the thread ended over a batch, and charges for it', async () => {
    const intake = open();
    const given = intake.give(batchOf(LINE), OWN);
    now = 5_000;
    asked[0]?.({ kind: 'ended' });
    expect(await given).toMatchObject({ kind: 'unreadable', reason: /ended the thread/ });
    expect(await intake.give(batchOf(LINE), OWN)).toMatchObject({ kind: 'busy', retryAfterMs: 12_000 });
  });

  it('asks for what was not come to once more', async () => {
    const given = open().give(batchOf(LINE), OWN);
    asked[0]?.({ kind: 'unread' });
    expect(await given).toEqual({ kind: 'busy', retryAfterMs: 1_000 });
  });

  it('counts a compressed batch as what it may inflate to', async () => {
    const intake = open();
    const bomb = () => batchOf(Buffer.alloc(17_000), { coding: 'gzip' });
    const given = Array.from({ length: 8 }, () => intake.give(bomb(), OWN));
    expect(await given[7]).toMatchObject({ kind: 'busy' });
    expect(intake.refused()).toBe(6);
    const small = open();
    for (let at = 0; at < 8; at++) void small.give(batchOf(Buffer.alloc(3_000), { coding: 'gzip' }), OWN);
    expect(small.refused()).toBe(0);
  });

  it('lets no look wait for lines for longer than two seconds, nor after it is aborted, nor a second for examples', async () => {
    vi.useFakeTimers();
    try {
      const take = { route: 'shop', watched: WATCHED, spans: [], taken: null };
      const waiting = open().take(take, new AbortController().signal);
      await vi.advanceTimersByTimeAsync(2_000);
      expect(await waiting).toBeNull();
      const look = new AbortController();
      const aborted = open().take(take, look.signal);
      look.abort();
      expect(await aborted).toBeNull();
      expect(await open().take(take, look.signal)).toBeNull();
      const seen = open().sightings('shop', ['log call http bank']);
      await vi.advanceTimersByTimeAsync(1_000);
      expect(await seen).toEqual(new Map());
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('the thread', () => {
  const SIGNAL = new AbortController().signal;
  const UNKNOWN = { way: 'pigeon' as never } as const;

  it('reads, counts, and begins anew after a batch that ended it, with those behind it', async () => {
    const thread = new LogThread(() => {});
    const intake = new LogIntake({ ask: (job) => thread.ask(job), routes: ROUTES, now: () => performance.now() });
    const take = { route: 'shop', watched: WATCHED, spans: [], taken: null };
    // A thread that begins may take longer than a look waits.
    const taking = (more: Partial<TakeLogs> = {}) =>
      vi.waitFor(async () => {
        const found = await intake.take({ ...take, ...more }, SIGNAL);
        if (found === null) throw new Error('the thread has not begun');
        return found;
      }, 30_000);
    const before = await taking();
    await intake.give(batchOf(LINE), 'token shop');
    const now = Date.now();
    const spans = [{ epoch: 1, startedAt: now - 60_000, endsAt: now + 60_000 }];
    const taken = await taking({ spans, taken: before.taken });
    expect(taken.pairs).toMatchObject([{ stable: null, canary: { lines: 1, templates: { 'error : boom': 1 } } }]);
    expect(intake.totals()).toEqual([{ route: 'shop', track: 'canary', outcome: 'counted', lines: 1 }]);
    const boom = sightingOfLog({ of: 'template', name: 'error : boom' });
    const seen = { consumers: [], examples: [{ track: 'canary', text: 'boom' }] };
    expect(await intake.sightings('shop', [boom])).toEqual(new Map([[boom, seen]]));
    const given = [batchOf(LINE, UNKNOWN), batchOf(LINE)].map((batch) => intake.give(batch, 'token shop'));
    expect(await Promise.all(given)).toMatchObject([{ kind: 'unreadable' }, { kind: 'read' }]);
    const anew = await taking({ spans });
    expect(anew.pairs).toMatchObject([{ stable: null, canary: { lines: 1 }, incomplete: true }]);
    expect(anew.taken.boot).not.toBe(taken.taken.boot);
    await thread.stop();
  });

  it('is not begun anew once it is stopped', async () => {
    const thread = new LogThread(() => {});
    const intake = new LogIntake({ ask: (job) => thread.ask(job), routes: ROUTES, now: () => performance.now() });
    const waiting = intake.give(batchOf(LINE), 'token shop');
    await thread.stop();
    expect(await waiting).toMatchObject({ kind: 'busy' });
    expect(await intake.give(batchOf(LINE), 'token shop')).toMatchObject({ kind: 'busy' });
    expect(thread.runs).toBe(false);
  });
});
