import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { valueBucket } from '../../src/stats/answers/value-grid.ts';
import { openRaw } from '../support/raw-client.ts';
import { foundOnce, readingGateway, readOf } from '../support/read-answers.ts';

describe('what answers carry', () => {
  it('is read from their heads and trailers, and counted', async () => {
    const { tally, body } = await readOf(
      {
        values: {
          queries: { header: 'X-Query-Count' },
          db: { serverTiming: 'db' },
          tokens: { trailer: 'x-tokens' },
          absent: { header: 'x-absent' },
          broken: { header: 'x-broken' },
        },
        categories: { cache: { header: 'x-cache' }, none: { header: 'x-none' } },
      },
      (_, outgoing) => {
        outgoing.writeHead(200, {
          'x-query-count': '9',
          'server-timing': 'app;dur=12, db;desc="a, b";dur=4.5, db;dur=0.5',
          'x-broken': 'NaN',
          'x-cache': 'HIT',
          trailer: 'x-tokens',
        });
        outgoing.write('hello');
        outgoing.addTrailers({ 'x-tokens': '321' });
        outgoing.end();
      },
    );
    expect(body).toBe('hello');
    const one = (value: number) => ({ asked: 1, missing: 0, unusable: 0, counts: { [valueBucket(value) ?? -1]: 1 } });
    expect(tally.values).toEqual({
      queries: one(9),
      db: one(5),
      tokens: one(321),
      absent: { asked: 1, missing: 1, unusable: 0, counts: {} },
      broken: { asked: 1, missing: 0, unusable: 1, counts: {} },
    });
    expect(tally.categories).toEqual({ cache: { HIT: 1 }, none: { '': 1 } });
  });

  it('is timed to the end of the body, whose bytes are counted', async () => {
    const { tally, body } = await readOf(
      { own: ['end', 'size'], values: { bytes: { body: 'bytes' } } },
      (_, outgoing) => {
        outgoing.writeHead(200, { 'content-type': 'text/plain' });
        outgoing.write('a'.repeat(1_000));
        setTimeout(() => outgoing.end('b'.repeat(500)), 150);
      },
    );
    expect(body).toHaveLength(1_500);
    const [bucket = 0] = Object.keys(tally.values?.['end']?.counts ?? {}).map(Number);
    expect(bucket).toBeGreaterThanOrEqual(valueBucket(145) ?? 0);
    expect(tally.values?.['size']).toEqual({
      asked: 1,
      missing: 0,
      unusable: 0,
      counts: { [valueBucket(1_500) ?? 0]: 1 },
    });
    expect(tally.values?.['bytes']).toEqual(tally.values?.['size']);
  });

  it('is as late as its client left it, where the end never came', async () => {
    const gateway = await readingGateway({ own: ['end'] }, (_, outgoing) => {
      outgoing.writeHead(200, { 'content-type': 'text/plain' });
      outgoing.write('a'.repeat(1_000));
    });
    for (const [slowAfterMs, waitMs] of [
      [30_000, 20],
      [50, 400],
    ] as const) {
      // A look says what is slow.
      await gateway.peek('shop', null, slowAfterMs);
      const connection = await openRaw(gateway.port);
      connection.write('GET /a HTTP/1.1\r\nHost: shop.test\r\n\r\n');
      await sleep(waitMs);
      connection.close();
    }
    const { values } = await foundOnce(gateway, ({ values }) => values?.['end'] !== undefined, 50);
    expect(values?.['end']?.asked).toBe(1);
    const [bucket = 0] = Object.keys(values?.['end']?.counts ?? {}).map(Number);
    expect(bucket).toBeGreaterThanOrEqual(valueBucket(300) ?? 0);
  });

  it.each<[string, string, string, string]>([
    ['of known length', 'Content-Length: 20000', 'x'.repeat(9_000), 'x'.repeat(11_000)],
    ['in chunks', 'Transfer-Encoding: chunked', '2\r\nok\r\n', '3\r\nyes\r\n0\r\n\r\n'],
  ])('is timed apart from the upload: a body %s that comes late', async (_, framing, first, rest) => {
    const gateway = await readingGateway({ own: ['end', 'upload'] }, (incoming, outgoing) => {
      incoming.resume();
      incoming.once('end', () => outgoing.end('ok'));
    });
    const connection = await openRaw(gateway.port);
    connection.write(`POST /a HTTP/1.1\r\nHost: shop.test\r\n${framing}\r\n\r\n${first}`);
    await sleep(600);
    connection.write(rest);
    expect((await connection.answer()).status).toBe(200);
    connection.close();
    const { values = {} } = await foundOnce(gateway, ({ requests }) => requests === 1);
    expect([values['upload']?.asked, values['end']?.asked]).toEqual([1, 1]);
    const [uploaded = 0] = Object.keys(values['upload']?.counts ?? {}).map(Number);
    expect(uploaded).toBeGreaterThanOrEqual(valueBucket(300) ?? 0);
    const slowest = Math.max(...Object.keys(values['end']?.counts ?? {}).map(Number));
    expect(slowest).toBeLessThan(valueBucket(300) ?? 0);
  });

  it('has no upload where the request has no body', async () => {
    const gateway = await readingGateway({ own: ['end', 'upload'] }, (_, outgoing) => outgoing.end('ok'));
    await (await fetch(`${gateway.url}/a`)).text();
    const { values = {} } = await foundOnce(gateway, ({ requests }) => requests === 1);
    expect([values['upload'], values['end']?.asked]).toEqual([undefined, 1]);
  });

  it('is nothing for errors and 4xx, which their status tells of', async () => {
    for (const status of [404, 503]) {
      const { tally } = await readOf(
        { own: ['end'], values: { queries: { header: 'x-query-count' } } },
        (_, outgoing) => outgoing.writeHead(status, { 'x-query-count': '9' }).end(),
      );
      expect(tally.values).toBeUndefined();
    }
  });
});
