import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { compareBodies, type WholeBody } from '../../../src/gateway/measure/reading/ask-body.ts';
import type { ComparableAnswer } from '../../../src/gateway/measure/reading/compare/compared-answers.ts';

type Answer = ComparableAnswer<WholeBody>;

const textual = (text: string, more: Partial<Answer> = {}): Answer => ({
  version: '',
  status: 200,
  at: 0,
  type: 'application/json',
  fields: {},
  body: { bytes: Buffer.from(text), coding: 'identity' },
  ...more,
});
const json = (document: unknown, more?: Partial<Answer>) => textual(JSON.stringify(document), more);

/** By path: how the canary's differs, and `~` where the stable's own does. */
function compared(
  [stable, canary, again]: readonly [Answer, Answer, Answer],
  ignore: readonly string[] = [],
): Readonly<Record<string, string>> | null {
  const { fields } = compareBodies({ stable, canary, again }, ignore);
  return (
    fields &&
    Object.fromEntries(fields.map(({ path, canary: how, isNoise }) => [path, `${how ?? ''}${isNoise ? '~' : ''}`]))
  );
}
const steady = (stable: unknown, canary: unknown) => compared([json(stable), json(canary), json(stable)]);

describe('answers to the same request', () => {
  it('are alike where each version says its own name, and not where one says the name of the other', () => {
    const says = (version: string, said: string) => json({ version: said, by: [`host of ${said}`] }, { version });
    const hosts = { '/by/*': 'value' };
    expect(compared([says('v1', 'v1'), says('v2', 'v2'), says('v1', 'v1')])).toEqual(hosts);
    expect(compared([says('v1', 'v1'), says('v2', 'v1'), says('v1', 'v1')])).toEqual({ '/version': 'value' });
    expect(compared([says('1.4.1', 'v1.4.1'), says('1.4.2', 'v1.4.2'), says('1.4.1', 'v1.4.1')])).toEqual(hosts);
    expect(compared([says('v1', '7'), says('v7', '7'), says('v1', '7')])).toEqual({});
  });

  it('that are alike differ in nothing', () => {
    const document = { id: 7, items: [{ name: 'a' }, { name: 'b' }], total: 1.5, note: null };
    expect(steady(document, { note: null, total: 1.5, items: document.items, id: 7 })).toEqual({});
  });

  it.each([
    ['a value', { total: 100 }, { total: 101 }, { '/total': 'value' }],
    ['a type', { total: 100 }, { total: '100' }, { '/total': 'retyped' }],
    ['null in place of a list', { items: [1] }, { items: null }, { '/items': 'retyped' }],
    ['a field that is gone', { a: 1, total: { net: 1 } }, { a: 1 }, { '/total': 'removed' }],
    ['a field more', { a: 1 }, { a: 1, b: { c: 1 } }, { '/b': 'added' }],
    ['a renamed field', { amount: 1 }, { total: 1 }, { '/amount': 'removed', '/total': 'added' }],
    [
      'a list in another order',
      { items: [{ id: 1 }, { id: 2 }] },
      { items: [{ id: 2 }, { id: 1 }] },
      { '/items': 'value' },
    ],
    ['a list of another length', { items: [{ id: 1 }, { id: 2 }] }, { items: [{ id: 1 }] }, { '/items': 'value' }],
    [
      'an item of a list',
      { items: [{ id: 1 }, { id: 2 }] },
      { items: [{ id: 1 }, { id: 3 }] },
      { '/items/*/id': 'value' },
    ],
    [
      'a field of one item',
      { items: [{ a: 1 }, { a: 1, b: 2 }] },
      { items: [{ a: 1 }, { a: 1 }] },
      { '/items/*/b': 'removed' },
    ],
    ['the whole document', [1, 2], [2, 1], { body: 'value' }],
    ['another document', { a: 1 }, [1], { body: 'retyped' }],
    ['the text of an empty string', { a: '' }, { a: ' ' }, { '/a': 'value' }],
  ])('%s is found', (_, stable, canary, fields) => {
    expect(steady(stable, canary)).toEqual(fields);
  });

  describe('that are times', () => {
    const NOW = Math.floor(Date.now() / 1_000) * 1_000;
    const iso = (ms: number) => new Date(ms).toISOString();
    /** The canary's answer comes 300 ms after the stable's. */
    const late = (stable: unknown, canary: unknown) =>
      compared([json({ t: stable }), json({ t: canary }, { at: 300 }), json({ t: stable })]);

    it.each([
      ['to the second', iso(NOW).replace('.000', ''), iso(NOW + 1_000).replace('.000', '')],
      ['with a fraction', iso(NOW).replace('.000', '.123456'), iso(NOW).replace('.000', '.9')],
      ['with a zone', '2020-05-01 10:00:00+02:00', '2020-05-01 10:00:01+02:00'],
      ['of HTTP', new Date(NOW).toUTCString(), new Date(NOW + 1_000).toUTCString()],
      ['epoch seconds', NOW / 1_000, NOW / 1_000 + 1],
      ['epoch seconds as text', `${NOW / 1_000}`, `${NOW / 1_000 + 1}`],
      ['epoch milliseconds', NOW, NOW + 1_299],
    ])('are alike where they differ no more than their answers: %s', (_, stable, canary) => {
      expect(late(stable, canary)).toEqual({});
      expect(late([stable, stable], [canary, canary])).toEqual({});
    });

    it.each([
      ['more than that', iso(NOW), iso(NOW + 1_301)],
      ['in their form', iso(NOW), iso(NOW).replace('Z', '+00:00')],
      ['in their precision', iso(NOW), iso(NOW).replace('.000', '')],
      ['as numbers that are no times', 1_234_567_890, 1_234_567_891],
      ['as dates', '2026-01-01', '2026-01-02'],
    ])('differ otherwise: %s', (_, stable, canary) => {
      expect(late(stable, canary)).toEqual({ '/t': 'value' });
    });

    it('differ where one is a text and the other a number', () => {
      expect(late(iso(NOW), NOW)).toEqual({ '/t': 'retyped' });
    });

    it('are held against the order of a list as any value', () => {
      expect(late([iso(NOW), iso(NOW + 9_000)], [iso(NOW + 9_000), iso(NOW)])).toEqual({ '/t': 'value' });
    });
  });

  it('which the stable itself gives another value are noise', () => {
    const at = (time: number, order: number[], more = {}) => json({ time, order, ...more });
    expect(compared([at(1, [1, 2]), at(2, [2, 1]), at(3, [2, 1])])).toEqual({ '/time': 'value~', '/order': 'value~' });
    // A list of constant order is found although its items have something of their own each time.
    const listed = (ids: readonly number[], time: number) =>
      json({ items: ids.map((id) => ({ id, time: time + id })) });
    expect(compared([listed([1, 2], 0), listed([2, 1], 10), listed([1, 2], 20)])).toEqual({
      '/items': 'value',
      '/items/*/time': 'value~',
    });
  });

  it('are compared exactly, and numbers however they are written', () => {
    const [first, other] = ['{"id":12345678901234567890}', '{"id":12345678901234567891}'];
    expect(compared([textual(first), textual(other), textual(first)])).toEqual({ '/id': 'value' });
    expect(compared([textual('{"a":1.0}'), textual('{"a":1}'), textual('{"a":1e0}')])).toEqual({});
  });

  it.each([
    ['{"id":12345678901234567890,"t":"12345678901234567890"}', { '/id': 'value' }, 2],
    ['[-0.12345678901234567890]', { '/*': 'value' }, 0],
    ['{"a": 12345678901234567890 }', { '/a': 'value' }, 0],
    ['12345678901234567890', { body: 'value' }, 0],
    ['{"a":"\\\\","b":12345678901234567890}', { '/b': 'value' }, 0],
    ['{"a":"\\",12345678901234567890"}', {}, 1],
  ])('are compared by each digit of their numbers, and by no other: %s', (text, fields, ofTexts) => {
    const other = text.replace('12345678901234567890', '12345678901234567891');
    const found = compared([textual(text), textual(other), textual(text)]);
    expect(found).toEqual(ofTexts === 1 ? { '/a': 'value' } : fields);
  });

  it.each([
    '{12345678901234567890:1}',
    '[012345678901234567890]',
    '[1 12345678901234567890]',
    '["a"12345678901234567890]',
    '[12345678901234567890.]',
    '[--12345678901234567890]',
  ])('are no JSON for a long number where none may be: %s', (text) => {
    expect(compared([textual('[1]'), textual(text), textual('[1]')])).toEqual({ body: 'retyped' });
  });

  it('take a fraction of a second, and their thread no longer, where nearly all of 1 MiB are numbers', () => {
    const hostile = textual('', {
      body: { bytes: gzipSync(`[12345678901234567890123,${'1,'.repeat(520_000)}1]`), coding: 'gzip' },
    });
    const beganAt = process.cpuUsage();
    expect(compared([hostile, hostile, hostile])).toBeNull();
    const { user, system } = process.cpuUsage(beganAt);
    expect((user + system) / 1_000).toBeLessThan(700);
  });

  it('differ by status and type as a whole', () => {
    const [stable, other] = [json({ a: 1 }), json({ a: 2 })];
    expect(compared([stable, { ...other, status: 500 }, stable])).toEqual({ status: 'value' });
    expect(compared([stable, { ...other, type: 'text/html', body: null }, stable])).toEqual({ type: 'value' });
    expect(compared([stable, textual('{'), stable])).toEqual({ body: 'retyped' });
  });

  it('differ by some fields of their heads', () => {
    const with_ = (fields: Readonly<Record<string, string>>) => json({ a: 1 }, { fields });
    const stable = with_({ etag: 'there', 'cache-control': 'no-store' });
    expect(compared([stable, with_({ 'cache-control': 'max-age=60' }), stable])).toEqual({
      'header cache-control': 'value',
      'header etag': 'removed',
    });
  });

  it('are left out as the order says', () => {
    const [stable, canary] = [json({ a: { b: 1 }, c: 1 }), json({ a: { b: 2 }, c: 2 })];
    expect(compared([stable, canary, stable], ['/a'])).toEqual({ '/c': 'value' });
  });

  it('cannot be compared where one is not there to its end, is no document, or is unmodified', () => {
    const well = json({ a: 1 });
    expect(compared([well, { ...well, body: 'unread' }, well])).toBeNull();
    expect(compared([textual('{'), well, well])).toBeNull();
    expect(compared([well, { ...well, status: 304, body: null }, well])).toBeNull();
  });

  it('show people what was there, redacted, where neither time nor chance has made it', () => {
    const answers = {
      stable: json({ total: 100, mail: 'a@example.com', at: 1 }),
      again: json({ total: 100, mail: 'a@example.com', at: 2 }),
    };
    const canary = json({ total: 101, mail: 'b@example.com', at: 3 });
    const { fields } = compareBodies({ ...answers, canary }, []);
    expect(Object.fromEntries((fields ?? []).map(({ path, examples }) => [path, examples]))).toMatchObject({
      '/total': { stable: '100', canary: '101' },
      '/mail': { stable: expect.not.stringContaining('@'), canary: expect.not.stringContaining('@') },
      '/at': null,
    });
  });

  it.each([
    ['deep', `${'['.repeat(60_000)}${']'.repeat(60_000)}`],
    ['a number beyond doubles', '{"a":1e999,"b":-0,"c":0.1234567890123456789}'],
    ['a prototype', '{"__proto__":{"a":1},"constructor":1}'],
    ['keys twice', '{"a":1,"a":2}'],
    [
      'a thousand keys',
      JSON.stringify(Object.fromEntries(Array.from({ length: 10_000 }, (_, key) => [`k${key}`, key]))),
    ],
    ['a hundred thousand items', `[${'0,'.repeat(100_000)}0]`],
    ['invalid UTF-8', '{"a":"\xff\xfe"}'],
  ])('end whatever they are: %s', (_, text) => {
    const bytes = Buffer.from(text, 'latin1');
    const hostile = textual('', { body: { bytes: gzipSync(bytes), coding: 'gzip' } });
    const well = json({ a: 1 });
    const beganAt = performance.now();
    for (const answers of [
      [well, hostile, well],
      [hostile, well, hostile],
      [hostile, hostile, hostile],
    ] as const)
      compared(answers);
    expect(performance.now() - beganAt).toBeLessThan(3_000);
  });

  it('tell at most 200 fields of a request', () => {
    const document = (of: number) =>
      Object.fromEntries(
        Array.from({ length: 40 }, (_, at) => [
          `f${at}`,
          Object.fromEntries(Array.from({ length: 40 }, (_, key) => [`g${key}`, of])),
        ]),
      );
    expect(Object.keys(steady(document(1), document(2)) ?? {})).toHaveLength(200);
  });
});
