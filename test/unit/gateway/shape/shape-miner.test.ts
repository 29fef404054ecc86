import { describe, expect, it } from 'vitest';
import { FactPacker, FactUnpacker } from '../../../../src/gateway/measure/reading/shape/packed-facts.ts';
import { MOST_IN_AN_ANSWER, ShapeMiner } from '../../../../src/gateway/measure/reading/shape/shape-miner.ts';

const mined = (text: string) => new ShapeMiner().mine(JSON.parse(text));
const facts = (text: string) => [...(mined(text)?.facts ?? [])].sort();
const at = (path: string, text: string) =>
  facts(text).flatMap((fact) => (fact.endsWith(` ${path}`) ? [fact.slice(0, -path.length - 1)] : []));

describe('the facts of a document', () => {
  it('are what is there, and what it is', () => {
    expect(facts('{"id":7,"name":"Ann Lee","tags":[],"total":null,"paid":true}')).toEqual([
      'array /tags',
      'boolean /paid',
      'decade:0 /id',
      'empty /tags',
      'integer /id',
      'null /total',
      'object ',
      'present ',
      'present /id',
      'present /name',
      'present /paid',
      'present /tags',
      'present /total',
      'string /name',
      'value:true /paid',
    ]);
  });

  it('are each told once, however often they are true', () => {
    expect(facts('[1,2,3]')).toEqual(['array ', 'decade:0 /*', 'integer /*', 'present ', 'present /*']);
  });

  it('have what some items lack that their neighbours have', () => {
    expect(at('/*/b', '[{"a":1,"b":1},{"a":1}]')).toContain('absent');
    expect(at('/*/a', '[{"a":1,"b":1},{"a":1}]')).not.toContain('absent');
    expect(at('/*/b', '[{"a":1},{"a":1}]')).toEqual([]);
    expect(at('/*/p/amount', '[{"p":{"amount":1}},{"p":{}},{"p":null}]')).toContain('absent');
    expect(at('/*/p', '[{"p":{"amount":1}},{"p":null}]')).not.toContain('absent');
  });

  it.each([
    ['"2026-01-02T03:04:05Z"', 'format:date-time'],
    ['"2026-01-02T03:04:05.123+01:00"', 'format:date-time'],
    ['"2026-01-02"', 'format:date'],
    ['"02/01/2026"', null],
    ['"0198c0de-0000-7000-8000-00000000abcd"', 'format:uuid'],
    ['"ann@example.com"', 'format:email'],
    ['"https://example.com/a?b=c"', 'format:uri'],
    ['"PAID"', 'value:PAID'],
    ['"hello there"', null],
    ['1', 'decade:0'],
    ['999.5', 'decade:2'],
    ['1000', 'decade:3'],
    ['-1001', 'decade:-3'],
    ['0.001', 'decade:0'],
    ['1e400', 'decade:20'],
    ['false', 'value:false'],
  ])('have the format of %s: %s', (text, trait) => {
    const plain = new Set(['present', 'string', 'integer', 'number', 'boolean']);
    expect(at('/x', `{"x":${text}}`).filter((one) => !plain.has(one))).toEqual(trait === null ? [] : [trait]);
  });

  it('have no words of fields that may hold a secret', () => {
    expect(facts('{"password":"hunter","apiKey":"abc","x":"abc"}').filter((fact) => fact.startsWith('value:'))).toEqual(
      ['value:abc /x'],
    );
  });

  it.each([
    ['{"17":{"a":1}}', '/{}/a'],
    ['{"0198c0de-0000-7000-8000-00000000abcd":{"a":1}}', '/{}/a'],
    ['{"ann@example.com":{"a":1}}', '/{}/a'],
    ['{"deadbeef01":{"a":1}}', '/{}/a'],
    ['{"https://x":{"a":1}}', '/{}/a'],
    ['{"\\u0000":{"a":1}}', '/{}/a'],
    ['{"\\ud800":{"a":1}}', '/{}/a'],
    ['{"$ref":{"a":1}}', '/$ref/a'],
    ['{"address1":{"a":1}}', '/address1/a'],
    ['{"":{"a":1}}', '//a'],
    ['{"*":{"a":1}}', '/~2/a'],
    ['{"{}":{"a":1}}', '/~3/a'],
    ['{"a~b":{"a":1}}', '/a~0b/a'],
    ['{"__proto__":{"a":1}}', '/__proto__/a'],
    ['{"constructor":{"a":1}}', '/constructor/a'],
  ])('tell the keys that are data from names: %s is %s', (text, path) => {
    expect(at(path, text)).toEqual(['decade:0', 'integer', 'present']);
  });

  it('take an object of many keys for a table', () => {
    const keys = Array.from({ length: 51 }, (_, n) => `"k${String.fromCharCode(97 + (n % 26))}${n}":1`);
    expect(facts(`{${keys.join()}}`)).toEqual(['decade:0 /{}', 'integer /{}', 'object ', 'present ', 'present /{}']);
  });

  it('take the last of two keys alike, as every client does', () => {
    expect(at('/a', '{"a":1,"a":"X"}')).toEqual(['present', 'string', 'value:X']);
  });

  it('end at a depth', () => {
    const deep = mined(`${'['.repeat(5_000)}${']'.repeat(5_000)}`);
    expect(deep?.facts.length).toBe(42);
  });

  it('are none of a document that has too many', () => {
    const wide = (fields: number) =>
      JSON.stringify(
        Array.from({ length: fields }, (_, n) => ({
          [`a${n % 40}`]: { [`b${n}x`.replace(/\d/g, (d) => 'abcdefghij'.charAt(Number(d)))]: null },
        })),
      );
    expect(mined(wide(20))?.facts.length).toBeLessThan(MOST_IN_AN_ANSWER);
    expect(mined(wide(400))).toBeNull();
  });

  it('are the same whatever was read before', () => {
    const miner = new ShapeMiner();
    const text = '{"a":[{"b":1},{"c":2}],"d":"X"}';
    const alone = facts(text);
    for (let n = 0; n < 550; n += 1) {
      const keys = Array.from({ length: 40 }, (_, key) => [
        `k${'abcdefghij'.charAt(key % 10)}${letters(n * 40 + key)}`,
        null,
      ]);
      miner.mine(Object.fromEntries(keys));
    }
    expect([...(miner.mine(JSON.parse(text))?.facts ?? [])].sort()).toEqual(alone);
  });

  it('come out of the thread as they went in', () => {
    const [packer, unpacker, miner] = [new FactPacker(), new FactUnpacker(), new ShapeMiner()];
    for (const text of ['{"a":1}', '{"a":1,"b":2}', '{"b":2}', '[]']) {
      const found = miner.mine(JSON.parse(text));
      if (found === null) throw new Error('too much');
      const packed = structuredClone(packer.pack(found));
      const { show, ...unpacked } = unpacker.unpack(packed);
      expect(unpacked).toEqual({ facts: found.facts });
      expect(show('/a')).toBe(text === '{"a":1}' ? '1' : null);
    }
    const again = miner.mine({ a: 1 });
    expect(again && packer.pack(again).texts).toEqual([]);
  });
});

function letters(n: number): string {
  return String(n).replaceAll(/\d/g, (digit) => 'abcdefghij'.charAt(Number(digit)));
}
