import { once } from 'node:events';
import type { IncomingMessage, RequestListener } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { FORBIDDEN_ADDRESS, type lookupAllowed } from '../../src/gateway/upstream/upstream-address.ts';
import { ANSWER_CAP, JSON_ENDPOINT, PROMETHEUS, served, takeFrom } from '../support/query-source.ts';
import { closedPort } from '../support/upstream.ts';

describe.each([PROMETHEUS, JSON_ENDPOINT])('a source of query values: $kind', ({ query, good, open }) => {
  const from = async (handler: RequestListener, more?: object) => takeFrom(open(await served(handler), more), query);

  it('gives a value, and shows who asks', async () => {
    const heads: IncomingMessage['headers'][] = [];
    const taken = await from((request, response) => {
      heads.push(request.headers);
      response.end(good);
    });
    expect(taken).toEqual({ kind: 'value', value: 0.41 });
    expect(heads).toMatchObject([{ authorization: 'Bearer s3cret', 'x-scope-orgid': 'team' }]);
  });

  it('reads gzip, and not more of it than an answer may have', async () => {
    const gzip =
      (text: string | Buffer): RequestListener =>
      (_, response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' });
        response.end(gzipSync(text));
      };
    expect(await from(gzip(good))).toEqual({ kind: 'value', value: 0.41 });
    const bomb = await from(gzip(Buffer.alloc(10_000_000, ' ')));
    expect(bomb).toEqual({ kind: 'unreachable', reason: `it answered more than ${ANSWER_CAP} bytes` });
  });

  it.each<[string, RequestListener, RegExp]>([
    ['10 MB', (_, response) => response.end(Buffer.alloc(10_000_000, ' ')), /answered more than 100000 bytes/],
    ['500', (_, response) => response.writeHead(500).end('oops'), /answered 500/],
    ['a missing token', (_, response) => response.writeHead(401).end('{}'), /answered 401/],
    [
      'a cut body',
      (_, response) => {
        response.writeHead(200, { 'content-length': '1000' });
        response.write(good, () => response.destroy());
      },
      /connection failed/,
    ],
    [
      'no gzip',
      (_, response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' });
        response.end('plain');
      },
      /not what its content coding says/,
    ],
    [
      'another coding',
      (_, response) => {
        response.writeHead(200, { 'content-encoding': 'br' });
        response.end('plain');
      },
      /coding that was not asked for/,
    ],
  ])('has no answer in %s', async (_, handler, reason) => {
    expect(await from(handler)).toEqual({ kind: 'unreachable', reason: expect.stringMatching(reason) });
  });

  it('follows no redirect', async () => {
    let followed = 0;
    const target = await served((_, response) => {
      followed += 1;
      response.end(good);
    });
    const taken = await from((_, response) => response.writeHead(302, { location: target }).end());
    expect([taken, followed]).toEqual([{ kind: 'unreachable', reason: expect.stringMatching(/answered 302/) }, 0]);
  });

  it('is not there', async () => {
    const taken = await takeFrom(open(`http://127.0.0.1:${await closedPort()}`), query);
    expect(taken).toEqual({ kind: 'unreachable', reason: 'it did not answer: ECONNREFUSED' });
  });

  it('is where no source may be', async () => {
    const forbidden: typeof lookupAllowed = (hostname, _, callback) =>
      callback(Object.assign(new Error(hostname), { code: FORBIDDEN_ADDRESS }), '', 4);
    const taken = await takeFrom(open('http://metrics.test', { lookup: forbidden }), query);
    expect(taken).toEqual({ kind: 'unreachable', reason: `it did not answer: ${FORBIDDEN_ADDRESS}` });
  });

  it('is given up after its time-out, or when nobody waits any more', async () => {
    const silent = await served(() => {});
    const late = { kind: 'unreachable', reason: 'it did not answer within 50 ms' };
    expect(await takeFrom(open(silent, { timeoutMs: 50 }), query)).toEqual(late);
    const patience = new AbortController();
    const asked = await served(() => patience.abort());
    const left = { kind: 'unreachable', reason: 'it was not waited for' };
    expect(await takeFrom(open(asked), query, patience.signal)).toEqual(left);
  });

  it('dribbles its answer for longer than its time-out', async () => {
    let ended: Promise<unknown> = Promise.resolve();
    const taken = await from(
      (_, response) => {
        const drip = setInterval(() => response.write(' '), 10);
        ended = once(response, 'close').then(() => clearInterval(drip));
      },
      { timeoutMs: 200 },
    );
    expect(taken).toEqual({ kind: 'unreachable', reason: 'it did not answer within 200 ms' });
    await ended;
  });
});
