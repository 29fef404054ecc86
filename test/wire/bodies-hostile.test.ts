import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { AnswerReads } from '../../src/split/answer-reads.ts';
import { heldBytes } from '../support/held-bytes.ts';
import { foundOnce, readingGateway, type Serve } from '../support/read-answers.ts';

const READS: Partial<AnswerReads> = {
  failures: [{ graphql: 'any' }],
  values: { n: { json: '/n' }, queries: { header: 'x-queries' }, db: { serverTiming: 'db' } },
  categories: { word: { json: '/word' } },
  own: ['end', 'size'],
};
const JSON_HEAD = { 'content-type': 'application/json' };

/** The body that a client gets, as a hash and a length; `seen` is called as it comes. */
function bodyAt(url: string, seen: (bytes: number) => void = () => {}): Promise<{ hash: string; bytes: number }> {
  return new Promise((resolve, reject) => {
    const asking = request(url, (answer) => {
      const hash = createHash('sha256');
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => {
        hash.update(chunk);
        bytes += chunk.length;
        seen(bytes);
      });
      answer.on('end', () => resolve({ hash: hash.digest('hex'), bytes }));
      answer.on('error', reject);
    });
    asking.on('error', reject);
    asking.end();
  });
}

const one = (of: 'missing' | 'unusable') => ({ asked: 1, missing: 0, unusable: 0, counts: {}, [of]: 1 });

describe('an answer that means harm to whoever reads it', () => {
  const sending =
    (body: string | Buffer, head: Record<string, string> = {}): Serve =>
    (_, outgoing) =>
      outgoing.writeHead(200, { ...JSON_HEAD, ...head }).end(body);
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  const noise = Buffer.from(Array.from({ length: 50_000 }, (_, at) => (at * 7_919) % 251));

  it.each<[string, Serve, string, 'missing' | 'unusable']>([
    ['bytes of something else under the name of JSON', sending(noise), 'broken', 'unusable'],
    ['a list of 30,000 levels', sending(deep.slice(70_000, 130_000)), 'another document', 'missing'],
    [
      'the same with 100,000, compressed',
      sending(gzipSync(deep), { 'content-encoding': 'gzip' }),
      'another document',
      'missing',
    ],
    ['a list that is never closed', sending('['.repeat(60_000)), 'broken', 'unusable'],
    ['a bomb', sending(gzipSync(Buffer.alloc(30_000_000, ' ')), { 'content-encoding': 'gzip' }), 'broken', 'unusable'],
    ['a coding that is not so', sending('{"n":1}', { 'content-encoding': 'br' }), 'broken', 'unusable'],
    [
      'half of what was compressed',
      sending(gzipSync(noise).subarray(0, 9_000), { 'content-encoding': 'gzip' }),
      'broken',
      'unusable',
    ],
    ['four codings', sending('{"n":1}', { 'content-encoding': 'gzip, br, gzip, br' }), 'another coding', 'unusable'],
    [
      'a coding that every object has',
      sending('{"n":1}', { 'content-encoding': 'constructor' }),
      'another coding',
      'unusable',
    ],
    ['a byte too many', sending(`"${'x'.repeat(65_535)}"`), 'too long', 'unusable'],
    ['nothing at all', sending(''), 'broken', 'unusable'],
    ['NaN', sending('{"n":NaN}'), 'broken', 'unusable'],
  ])('passes untouched, and is counted as unread: %s', async (_, serve, unreadAs, n) => {
    const gateway = await readingGateway(READS, serve);
    const bare = await readingGateway({}, serve);
    const [read, passed] = [await bodyAt(`${gateway.url}/a`), await bodyAt(`${bare.url}/a`)];
    expect(read).toEqual(passed);
    const found = await foundOnce(gateway, ({ content }) => content !== undefined);
    expect(found.content).toMatchObject({ sampled: 1, unread: 1, unreadAs: { [unreadAs]: 1 }, failed: 0 });
    expect(found.values?.['n']).toEqual(one(n));
  });

  it.each<[string, Record<string, string>, string, object]>([
    ['a number beyond all', { 'x-queries': '1e400' }, 'queries', one('unusable')],
    ['no number', { 'x-queries': 'NaN' }, 'queries', one('unusable')],
    ['a number below zero', { 'x-queries': '-1' }, 'queries', one('unusable')],
    ['a number of 5,000 digits', { 'x-queries': '9'.repeat(5_000) }, 'queries', one('unusable')],
    ['10 kB of Server-Timing', { 'server-timing': `${'a;dur=1, '.repeat(1_100)}db;dur=5` }, 'db', one('missing')],
    ['10 kB of an open quote', { 'server-timing': `db;desc="${'\\"'.repeat(5_000)}` }, 'db', one('unusable')],
  ])('passes untouched, and what it carries is unusable: %s', async (_, head, name, counts) => {
    const gateway = await readingGateway(READS, sending('{"data":{}}', head));
    expect((await bodyAt(`${gateway.url}/a`)).bytes).toBe(11);
    const found = await foundOnce(gateway, ({ content }) => content !== undefined);
    expect(found.content).toMatchObject({ sampled: 1, unread: 0 });
    expect(found.values?.[name]).toEqual(counts);
  });

  it('passes in bounded memory, however long it is', { timeout: 60_000 }, async () => {
    const piece = Buffer.alloc(65_536, '[1,2,3],');
    const PIECES = 2_000;
    const serve: Serve = (_, outgoing) => {
      outgoing.writeHead(200, JSON_HEAD);
      let sent = 0;
      const more = (): void => {
        while (sent < PIECES) {
          sent++;
          if (!outgoing.write(piece)) return void outgoing.once('drain', more);
        }
        outgoing.end();
      };
      more();
    };
    const gateway = await readingGateway(READS, serve);
    const before = heldBytes();
    let most = 0;
    let nextAt = 0;
    const { hash, bytes } = await bodyAt(`${gateway.url}/a`, (seen) => {
      if (seen < nextAt) return;
      nextAt = seen + 20_000_000;
      most = Math.max(most, heldBytes() - before);
    });
    const expected = createHash('sha256');
    for (let sent = 0; sent < PIECES; sent++) expected.update(piece);
    expect([bytes, hash]).toEqual([PIECES * piece.length, expected.digest('hex')]);
    // Most of it is the client's own, in the same process.
    expect(most).toBeLessThan(bytes / 2);
    const found = await foundOnce(gateway, ({ content }) => content !== undefined);
    expect(found.content).toMatchObject({ sampled: 1, unread: 1, unreadAs: { 'too long': 1 } });
    expect(found.values?.['end']?.asked).toBe(1);
  });
});
