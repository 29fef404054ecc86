import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { AnswerReads, FailureRule } from '../../src/split/answer-reads.ts';
import { valueBucket } from '../../src/stats/answers/value-grid.ts';
import { foundOnce, readingGateway, type Serve } from '../support/read-answers.ts';

const JSON_HEAD = { 'content-type': 'application/json' };

const serving =
  (body: unknown, head: Record<string, string | string[]> = JSON_HEAD): Serve =>
  (_, outgoing) =>
    outgoing.writeHead(200, head).end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));

/** What one answer adds to the counts of content. */
async function contentOf(failures: readonly FailureRule[], serve: Serve, more: Partial<AnswerReads> = {}) {
  const gateway = await readingGateway({ failures, ...more }, serve);
  await (await fetch(`${gateway.url}/a`)).arrayBuffer();
  const { content } = await foundOnce(gateway, ({ content: found }) => (found?.sampled ?? 0) > 0);
  const { sampled = 0, unreadAs = {}, ...outcomes } = content ?? {};
  expect(sampled).toBe(1);
  const outcome = Object.entries(outcomes).find(([, count]) => count > 0)?.[0] ?? 'well';
  return outcome === 'unread' ? `unread as ${Object.keys(unreadAs).join()}` : outcome;
}

describe('an error by content', () => {
  const present: FailureRule = { json: '/error', is: 'present' };
  const text = JSON.stringify({ error: 'no', padding: 'x'.repeat(20_000) });

  it.each<[FailureRule, string, string]>([
    [{ graphql: 'total' }, '{"errors":[{}]}', 'failed'],
    [{ graphql: 'total' }, '{"errors":[{}],"data":{}}', 'partial'],
    [{ jsonRpc: 'any' }, '[{"id":1,"result":1},{"id":2,"error":{}}]', 'failed'],
    [{ jsonRpc: 'any' }, '{"id":1,"result":1}', 'well'],
  ])('is found by %j in %s: %s', async (rule, body, outcome) => {
    expect(await contentOf([rule], serving(body))).toBe(outcome);
  });

  it.each<[string, Buffer]>([
    ['gzip', gzipSync(text)],
    ['x-gzip', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['deflate', deflateRawSync(text)],
    ['br', brotliCompressSync(text)],
    ['zstd', zstdCompressSync(text)],
    ['identity', Buffer.from(text)],
    ['identity, GZIP', gzipSync(text)],
  ])('is found in a body that is compressed: %s', async (coding, body) => {
    expect(await contentOf([present], serving(body, { ...JSON_HEAD, 'content-encoding': coding }))).toBe('failed');
  });

  it.each([
    ['application/graphql-response+json; charset=utf-8', 'failed'],
    ['Application/JSON ;charset="UTF-8"', 'failed'],
    ['application/problem+json;profile=x', 'failed'],
    ['application/json; charset=utf-16', 'unread as another charset'],
    ['application/jsonp', 'unread as application/jsonp'],
    ['Text/HTML; charset=utf-8', 'unread as text/html'],
    ['', 'unread as no type'],
  ])('is looked for in JSON alone: %s is %s', async (type, outcome) => {
    expect(await contentOf([present], serving(text, { 'content-type': type }))).toBe(outcome);
  });

  it.each<[string, string, string, string]>([
    ['x-error', 'yes', 'present', 'failed'],
    ['X-ERROR', '', 'present', 'failed'],
    ['x-error', '0', 'non-empty', 'well'],
    ['x-error', '3', 'non-empty', 'failed'],
    ['x-other', '3', 'non-empty', 'well'],
  ])('is told by a field of the head: %s: %s, %s', async (name, value, is, outcome) => {
    const rule = { header: 'X-Error', is } as FailureRule;
    // Every answer is asked: a sample of nothing but chance would leave this one out.
    expect(await contentOf([rule], serving('hello', { [name]: value }), { sample: 1e-9 })).toBe(outcome);
  });

  it('is told by a field of the head in the sample only, where another rule needs the body', async () => {
    const rules: readonly FailureRule[] = [{ header: 'x-error', is: { equals: 7 } }, present];
    expect(await contentOf(rules, serving('<html>', { 'x-error': '7' }))).toBe('failed');
    expect(await contentOf(rules, serving('<html>', { 'x-error': '8' }))).toBe('unread as no type');
    const gateway = await readingGateway(
      { failures: rules, sample: 1e-9 },
      serving('{}', { ...JSON_HEAD, 'x-error': '7' }),
    );
    await (await fetch(`${gateway.url}/a`)).text();
    const found = await foundOnce(gateway, ({ requests }) => requests > 0);
    expect(found.content).toBeUndefined();
  });
});

describe('numbers and words in JSON bodies', () => {
  const one = (value: number) => ({ asked: 1, missing: 0, unusable: 0, counts: { [valueBucket(value) ?? -1]: 1 } });
  const missing = { asked: 1, missing: 1, unusable: 0, counts: {} };
  const unusable = { asked: 1, missing: 0, unusable: 1, counts: {} };

  it('are counted, and so is what is missing or no number', async () => {
    const gateway = await readingGateway(
      {
        values: {
          tokens: { json: '/usage/total' },
          text: { json: '/usage/text' },
          huge: { json: '/huge' },
          negative: { json: '/negative' },
          none: { json: '/usage/none' },
          null: { json: '/null' },
          list: { json: '/list' },
        },
        categories: {
          finish: { json: '/choices/0/finish' },
          none: { json: '/none' },
          long: { json: '/long' },
          yes: { json: '/yes' },
        },
      },
      serving(
        `{"usage":{"total":321,"text":"12.5"},"huge":1e400,"negative":-1,"null":null,"list":[1],
          "choices":[{"finish":"length"}],"long":"${'x'.repeat(101)}","yes":true}`,
      ),
    );
    await (await fetch(`${gateway.url}/a`)).text();
    const found = await foundOnce(gateway, ({ values }) => values !== undefined);
    expect(found.values).toEqual({
      tokens: one(321),
      text: one(12.5),
      huge: unusable,
      negative: unusable,
      none: missing,
      null: missing,
      list: unusable,
    });
    expect(found.categories).toEqual({ finish: { length: 1 }, none: { '': 1 }, long: { '': 1 }, yes: { true: 1 } });
  });

  it('are asked of a sample, drawn by chance', async () => {
    const gateway = await readingGateway({ sample: 0.5, values: { a: { json: '/a' } } }, serving({ a: 1 }));
    await Promise.all(Array.from({ length: 100 }, async () => await (await fetch(`${gateway.url}/a`)).text()));
    const { values } = await foundOnce(gateway, ({ requests }) => requests === 100);
    // Within six standard deviations of 50.
    expect(values?.['a']?.asked).toBeGreaterThan(20);
    expect(values?.['a']?.asked).toBeLessThan(80);
  });
});
