import { createHash } from 'node:crypto';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { ShapeReads } from '../../src/split/answer-reads.ts';
import type { PlaceShape } from '../../src/stats/answers/shape-counts.ts';
import { askRaw, get, openRaw } from '../support/raw-client.ts';
import { foundOnce, readingGateway, type Serve } from '../support/read-answers.ts';

const JSON_HEAD = { 'content-type': 'application/json' };
const SHAPE: ShapeReads = { sample: 1, ignore: [], exceptConsumers: [] };

const serving =
  (body: string | Buffer, head: Record<string, string> = {}, status = 200): Serve =>
  (_, outgoing) =>
    outgoing.writeHead(status, { ...JSON_HEAD, ...head }).end(body);

const bodyOf = (shape: PlaceShape | undefined) =>
  Object.entries(shape?.facts ?? {})
    .filter(([fact]) => !fact.startsWith('header '))
    .map(([fact]) => fact)
    .sort();

/** What is found of one answer at `/orders/17`. */
async function shapeOf(serve: Serve, init: RequestInit = {}) {
  const gateway = await readingGateway({ shape: SHAPE }, serve);
  const answer = await fetch(`${gateway.url}/orders/17`, { redirect: 'manual', ...init });
  const body = Buffer.from(await answer.arrayBuffer());
  const isFound = (found: { shapes?: object; shapesUnread?: object }) =>
    found.shapes !== undefined || found.shapesUnread !== undefined;
  return { body, found: await foundOnce(gateway, isFound) };
}

describe('what answers look like', () => {
  const text = JSON.stringify({ id: 17, status: 'PAID', items: [] });
  const facts = [
    'array /items',
    'decade:1 /id',
    'empty /items',
    'integer /id',
    'object ',
    'present ',
    'present /id',
    'present /items',
    'present /status',
    'string /status',
    'type application/json',
    'value:PAID /status',
  ];

  it.each<[string, string | Buffer, Record<string, string>]>([
    ['as it comes', text, {}],
    ['with its length', text, { 'content-length': String(text.length) }],
    ['by gzip', gzipSync(text), { 'content-encoding': 'gzip' }],
    ['by deflate', deflateSync(text), { 'content-encoding': 'deflate' }],
    ['by Brotli', brotliCompressSync(text), { 'content-encoding': 'br' }],
    ['by zstd', zstdCompressSync(text), { 'content-encoding': 'zstd' }],
    ['long', `${text}${' '.repeat(40_000)}`, {}],
  ])('is read at its endpoint: %s', async (_, body, head) => {
    const { found } = await shapeOf(serving(body, head));
    expect(Object.keys(found.shapes ?? {})).toEqual(['GET /orders/{id} 2xx']);
    expect(found.shapes?.['GET /orders/{id} 2xx']?.answers).toBe(1);
    expect(bodyOf(found.shapes?.['GET /orders/{id} 2xx'])).toEqual(facts);
  });

  it('is read piece by piece', async () => {
    const { found } = await shapeOf(async (_, outgoing) => {
      outgoing.writeHead(200, { ...JSON_HEAD, 'x-total': '1' });
      for (const piece of text.match(/.{1,5}/g) ?? []) {
        outgoing.write(piece);
        await new Promise(setImmediate);
      }
      outgoing.end();
    });
    expect(bodyOf(found.shapes?.['GET /orders/{id} 2xx'])).toEqual(facts);
    expect(found.shapes?.['GET /orders/{id} 2xx']?.facts['header x-total']).toBe(1);
  });

  it.each<[string, Serve, RequestInit, string, readonly string[]]>([
    ['a 4xx', serving('{"error":"no"}', {}, 400), {}, 'GET /orders/{id} 4xx', ['present /error', 'string /error']],
    ['HEAD', serving(text), { method: 'HEAD' }, 'HEAD /orders/{id} 2xx', ['type application/json']],
    ['a 304', serving('', { 'content-type': '', etag: '"a"' }, 304), {}, 'GET /orders/{id} 3xx', ['header etag']],
    [
      'another type',
      serving('<p>', { 'content-type': 'text/html; charset=utf-8' }),
      {},
      'GET /orders/{id} 2xx',
      ['type text/html'],
    ],
  ])('is read of %s', async (_, serve, init, place, some) => {
    const { found } = await shapeOf(serve, init);
    expect(Object.keys(found.shapes ?? {})).toEqual([place]);
    expect(Object.keys(found.shapes?.[place]?.facts ?? {})).toEqual(expect.arrayContaining([...some]));
  });

  it.each([
    ['JSON', 'application/json'],
    ['another type', 'text/html'],
  ])('is not known of what its client left, which is counted: %s', async (_, type) => {
    const gateway = await readingGateway({ shape: SHAPE }, (_incoming, outgoing) => {
      outgoing.writeHead(200, { 'content-type': type });
      outgoing.write('{"id":');
    });
    const leaving = new AbortController();
    const { body } = await fetch(`${gateway.url}/orders/17`, { signal: leaving.signal });
    await body?.getReader().read();
    leaving.abort();
    const found = await foundOnce(gateway, ({ shapes }) => shapes !== undefined);
    expect(found.shapes).toEqual({ 'GET /orders/{id} 2xx': { answers: 0, left: 1, facts: {} } });
  });

  it.each<[string, string | Buffer]>([
    ['half a document', text.slice(0, 20)],
    ['invalid UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22])],
    ['nothing', ''],
  ])('has no document where the type promises one: %s', async (_, body) => {
    const { found } = await shapeOf(serving(body));
    expect(bodyOf(found.shapes?.['GET /orders/{id} 2xx'])).toEqual(['type application/json']);
  });

  it.each<[string, string | Buffer, Record<string, string>]>([
    ['too long', `"${'x'.repeat(70_000)}"`, {}],
    ['another coding', text, { 'content-encoding': 'compress' }],
    ['another charset', text, { 'content-type': 'application/json; charset=utf-16' }],
    ['too many fields', tooMany(), {}],
  ])('is not known of what is not read: %s', async (why, body, head) => {
    const { found } = await shapeOf(serving(body, head));
    expect(found).toMatchObject({ shapesUnread: { [why]: 1 } });
    expect(found.shapes).toBeUndefined();
  });

  it('is not told of an answer that fails, breaks off, or whose client leaves', async () => {
    const gateway = await readingGateway({ shape: SHAPE }, ({ url }, outgoing) => {
      if (url === '/bad') outgoing.writeHead(500, JSON_HEAD).end(text);
      else if (url === '/cut') {
        outgoing.writeHead(200, { ...JSON_HEAD, 'content-length': '100' });
        outgoing.write(text);
        setTimeout(() => outgoing.destroy(), 20);
      } else if (url === '/slow') outgoing.writeHead(200, JSON_HEAD).write('{"a":');
      else outgoing.writeHead(200, JSON_HEAD).end('{}');
    });
    expect((await fetch(`${gateway.url}/bad`)).status).toBe(500);
    await expect(fetch(`${gateway.url}/cut`).then((answer) => answer.text())).rejects.toThrow('terminated');
    const leaving = await openRaw(gateway.port);
    leaving.write(get('/slow'));
    await leaving.takeThrough('{"a":');
    leaving.close();
    await (await fetch(`${gateway.url}/well`)).text();
    const found = await foundOnce(
      gateway,
      ({ requests, shapes = {} }) => requests >= 3 && Object.keys(shapes).length === 2,
    );
    expect(found.shapes).toMatchObject({ 'GET /slow 2xx': { answers: 0, left: 1 }, 'GET /well 2xx': { answers: 1 } });
    expect(found.shapesUnread).toBeUndefined();
  });

  it('is read of the same requests, whichever version answers, and of no others', async () => {
    const gateway = await readingGateway({ shape: { ...SHAPE, sample: 0.5 } }, serving(text));
    for (let n = 0; n < 40; n += 1) {
      for (let again = 0; again < 3; again += 1) {
        await (
          await fetch(`${gateway.url}/${'abcdefghij'.charAt(n % 10)}`, { headers: { 'x-request-id': `r-${n}` } })
        ).text();
      }
    }
    // A body is read after its answer was counted.
    const isWhole = ({ answers }: { readonly answers: number }) => answers % 3 === 0;
    const found = await foundOnce(
      gateway,
      ({ requests, shapes }) => requests === 120 && Object.values(shapes ?? {}).every(isWhole),
    );
    const answers = Object.values(found.shapes ?? {}).map((shape) => shape.answers);
    expect(answers.every((count) => count % 3 === 0)).toBe(true);
    const all = answers.reduce((sum, count) => sum + count, 0);
    expect(all).toBeGreaterThan(15);
    expect(all).toBeLessThan(105);
  });

  it('is read of every forced answer, whatever the sample', async () => {
    const gateway = await readingGateway({ shape: { ...SHAPE, sample: 1e-9 } }, serving(text));
    for (let n = 0; n < 5; n += 1) {
      await (await fetch(`${gateway.url}/orders/${n}`, { headers: { 'x-version': 'canary' } })).text();
      await (await fetch(`${gateway.url}/orders/${n}`)).text();
    }
    const found = await foundOnce(gateway, ({ requests }) => requests === 5);
    expect(found.shapes).toBeUndefined();
    await expect
      .poll(async () => {
        const { blocks } = await gateway.peek('shop', null, 60_000);
        const forced = blocks.map((block) => block.forced.canary.shapes?.['GET /orders/{id} 2xx']?.answers ?? 0);
        return forced.reduce((sum, count) => sum + count, 0);
      })
      .toBe(5);
  });
});

function tooMany(): string {
  const name = (n: number) => String(n).replaceAll(/\d/g, (digit) => 'abcdefghij'.charAt(Number(digit)));
  const part = (from: number) => Object.fromEntries(Array.from({ length: 40 }, (_, n) => [name(from + n), null]));
  return JSON.stringify(Array.from({ length: 10 }, (_, n) => ({ [`p${name(n)}`]: part(40 * n) })));
}

describe('an answer that means harm to whoever reads its shape', () => {
  const sha = (body: Buffer | string) => createHash('sha256').update(body).digest('hex');
  const keys = (n: number) => `{${Array.from({ length: n }, (_, at) => `"k${at.toString(36)}":${at}`).join()}}`;
  const zipped = { 'content-encoding': 'gzip' };

  it.each<[string, string | Buffer, Record<string, string>]>([
    ['a list of 30,000 levels', `${'['.repeat(30_000)}${']'.repeat(30_000)}`, {}],
    ['objects of 10,000 levels', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, {}],
    ['a list of 500,000 levels, compressed', gzipSync(`${'['.repeat(500_000)}${']'.repeat(500_000)}`), zipped],
    ['5,000 keys', keys(5_000), {}],
    ['a million keys, compressed', gzipSync(keys(1_000_000)), zipped],
    ['90,000 keys, compressed', gzipSync(keys(90_000)), zipped],
    ['10 KiB of 10 MiB', gzipSync(Buffer.alloc(10_485_760, ' ')), zipped],
    ['10 MB of one line', `"${'x'.repeat(10_000_000)}"`, {}],
    [
      'keys twice',
      '{"a":1,"a":"x","a":null,"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
      {},
    ],
    ['numbers beyond doubles', `[1e999,-1e999,${'9'.repeat(400)},0.${'0'.repeat(400)}1,-0]`, {}],
    ['half of characters', '{"\\ud800":"\\udfff","\\u0000":"\\u0000"}', {}],
    ['bytes that are no text', Buffer.from(Array.from({ length: 20_000 }, (_, at) => (at * 7_919) % 251)), {}],
  ])('gets to the client to the byte, and nothing grows: %s', { timeout: 30_000 }, async (_, body, head) => {
    const gateway = await readingGateway({ shape: SHAPE }, serving(body, head));
    const answer = await askRaw(gateway.port, get('/a'));
    expect(sha(answer.body)).toBe(sha(body));
    const found = await foundOnce(gateway, (one) => one.shapes !== undefined || one.shapesUnread !== undefined);
    const facts = Object.values(found.shapes ?? {}).flatMap((shape) => Object.keys(shape.facts));
    expect(facts.length).toBeLessThanOrEqual(60);
    expect(facts.every((fact) => fact.isWellFormed() && !fact.includes('\u0000') && fact.length < 400)).toBe(true);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});
