import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { LogBatch } from '../../../src/logs/thread/log-batch.ts';
import { LogWork } from '../../../src/logs/thread/log-work.ts';
import { RecentBatches } from '../../../src/logs/thread/recent-batches.ts';

const ROUTES = { names: ['shop', 'cart'], byService: {} };
const T0 = 1_800_000_000_000;
const MIB = 1024 * 1024;

function batchOf(text: string | Buffer, parts: Partial<LogBatch> = {}): LogBatch {
  const bytes = new Uint8Array(Buffer.from(text));
  return { way: 'ndjson', coding: 'identity', route: 'shop', version: null, bytes, ...parts };
}

const lineOf = (version: string, more = '') => `{"level":"error","message":"boom","version":"${version}"${more}}\n`;

/** A work whose clock the test sets, with what it says of the lines of a span since `T0`. */
function stage(lostBefore?: number) {
  const work = new LogWork(lostBefore);
  const pairs = (now: number, canary: string, { stable = 'v1', route = 'shop' } = {}) => {
    const watched = { stable, canary, epoch: 1, since: T0 };
    const spans = [{ epoch: 1, startedAt: T0, endsAt: T0 + 60_000 }];
    const done = work.done({ kind: 'take', take: { route, watched, spans, taken: null } }, T0 + now);
    if (done.kind !== 'taken') throw new Error('nothing was taken');
    return done.taken.pairs;
  };
  return {
    pairs,
    missed: (now: number, from: number) => work.done({ kind: 'missed', route: 'shop', from: T0 + from }, T0 + now),
    give: (now: number, batch: LogBatch) => work.done({ kind: 'batch', batch, routes: ROUTES }, T0 + now),
    /** Lines of stable and canary in the 60 s since T0. */
    look: (...of: Parameters<typeof pairs>) =>
      pairs(...of).map(({ stable, canary }) => [stable?.lines ?? null, canary?.lines ?? null])[0],
  };
}

describe('lines that came before the first look at their versions', () => {
  it('count in the block of their time, whatever form they came in', () => {
    const { give, look } = stage();
    expect(give(1_000, batchOf(lineOf('v2') + lineOf('v3')))).toMatchObject({
      totals: [{ outcome: 'unwatched', track: null, lines: 2 }],
    });
    give(2_000, batchOf(gzipSync(lineOf('v1')), { coding: 'gzip' }));
    give(3_000, batchOf('2027-01-15T08:00:03Z ERROR boom\n', { way: 'text', version: 'v2' }));
    give(4_000, batchOf(lineOf('v1', `,"time":${T0 - 5_000}`)));
    expect(look(5_000, 'v2')).toEqual([1, 2]);
    expect(look(6_000, 'v2')).toEqual([1, 2]);
  });

  it('count for the next rollout, though the last one did not know its version', () => {
    const { give, look } = stage();
    look(0, 'v2');
    expect(give(1_000, batchOf(lineOf('v3') + lineOf('v2')))).toMatchObject({
      totals: [{ outcome: 'unknown-version' }, { outcome: 'counted', track: 'canary' }],
    });
    expect(look(5_000, 'v3', { stable: 'v2' })).toEqual([1, 1]);
  });

  it('of a batch with several routes count for each once', () => {
    const { give, look } = stage();
    const resource = (route: string) => ({
      resource: { attributes: ['serin.route', 'service.version'].map((key, at) => attribute(key, [route, 'v2'][at])) },
      scopeLogs: [{ logRecords: [{ severityNumber: 17, body: { stringValue: 'boom' } }] }],
    });
    const text = JSON.stringify({ resourceLogs: [resource('shop'), resource('cart')] });
    look(0, 'v2');
    expect(give(1_000, batchOf(text, { way: 'otlp-json', route: null }))).toMatchObject({
      totals: [
        { route: 'shop', outcome: 'counted' },
        { route: 'cart', outcome: 'unwatched' },
      ],
    });
    expect(look(5_000, 'v2', { route: 'cart' })).toEqual([null, 1]);
    expect(look(5_000, 'v2')).toEqual([null, 1]);
  });

  it('are incomplete where more came than is held, and where a thread that ended took them along', () => {
    const { give, look, pairs } = stage();
    give(1_000, batchOf(Buffer.alloc(9 * MIB)));
    give(2_000, batchOf(lineOf('v2')));
    expect(look(5_000, 'v2')).toEqual([null, 1]);
    expect(pairs(5_500, 'v2')).toMatchObject([{ incomplete: true }]);
    expect(stage(T0 + 1_000).pairs(5_000, 'v2')).toMatchObject([{ incomplete: true }]);
    expect(stage(T0 - 1_000).pairs(5_000, 'v2')).toEqual([{ stable: null, canary: null }]);
  });

  it('are incomplete where a file had more than is read', () => {
    const { missed, pairs } = stage();
    missed(1_000, 500);
    expect(pairs(5_000, 'v2')).toMatchObject([{ incomplete: true }]);
    const watched = stage();
    watched.pairs(0, 'v2');
    watched.missed(1_000, 500);
    expect(watched.pairs(5_000, 'v2')).toMatchObject([{ incomplete: true }]);
  });

  it('are gone after a minute', () => {
    const { give, look } = stage();
    give(0, batchOf(lineOf('v2')));
    expect(look(60_001, 'v2')).toEqual([null, null]);
  });
});

describe('the batches that are kept', () => {
  const sizes = (recent: RecentBatches, route: string, now = 0) =>
    recent.of(route, now).map(({ batch }) => batch.bytes.length);

  it('have bounded bytes after they are inflated, the newest of each route', () => {
    const recent = new RecentBatches();
    for (let at = 1; at <= 20; at++) recent.keep(batchOf(Buffer.alloc(at)), MIB, ['shop'], 0);
    expect(sizes(recent, 'shop')).toEqual([14, 15, 16, 17, 18, 19, 20]);
    recent.keep(batchOf(''), 16 * MIB, ['shop'], 0);
    expect(sizes(recent, 'shop')).toEqual([]);
  });

  it('are bounded in number, so that a million of one byte fill nothing', () => {
    const recent = new RecentBatches();
    for (let at = 0; at < 100_000; at++) recent.keep(batchOf('x'), 1, ['shop'], 0);
    expect(recent.of('shop', 0).length).toBeLessThan(8_200);
  });

  it('of all routes are bounded together, and the loudest loses first', () => {
    const recent = new RecentBatches();
    recent.keep(batchOf(Buffer.alloc(7)), MIB, ['quiet'], 0);
    for (let at = 0; at < 100; at++) recent.keep(batchOf(Buffer.alloc(1)), MIB, [`loud-${at % 10}`], 0);
    expect(sizes(recent, 'quiet')).toEqual([7]);
    const loud = Array.from({ length: 10 }, (_, at) => sizes(recent, `loud-${at}`).length);
    expect(loud.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(31);
    expect(Math.min(...loud)).toBeGreaterThanOrEqual(2);
  });

  it('are let go once they can count no more, though nothing new comes', () => {
    const recent = new RecentBatches();
    recent.keep(batchOf('x'), 1, ['shop'], 0);
    recent.forget(60_001);
    expect(sizes(recent, 'shop', 0)).toEqual([]);
  });
});

function attribute(key: string, stringValue: string | undefined) {
  return { key, value: { stringValue } };
}
