import { describe, expect, it } from 'vitest';
import { BrokenJson, JsonWalk } from '../../../src/logs/ways/json-walk.ts';

function walkOf(text: string): JsonWalk {
  return new JsonWalk(Buffer.from(text));
}

function membersOf(text: string): readonly (readonly [string, string])[] {
  const members: (readonly [string, string])[] = [];
  const walk = walkOf(text);
  walk.object((name) => {
    const { start, end } = walk.part();
    members.push([name, Buffer.from(text).toString('utf8', start, end)]);
  });
  walk.end();
  return members;
}

describe('a walk through JSON', () => {
  it('finds members and their values, whatever their texts have in them', () => {
    const value = { a: ['}]"\\', { 'b:,': -1.5e3 }, []], 'ü"': null, c: true, d: '中\\', e: {}, f: 7 };
    const expected = Object.entries(value).map(([name, of]) => [name, JSON.stringify(of)]);
    expect(membersOf(JSON.stringify(value))).toEqual(expected);
    const spaced = membersOf(`\n ${JSON.stringify(value, null, '\t')} `);
    expect(spaced.map(([name, of]) => [name, JSON.stringify(JSON.parse(of))])).toEqual(expected);
    expect(membersOf(`{"\\u0061":1,"${'n'.repeat(200)}":2}`)).toEqual([
      ['a', '1'],
      ['', '2'],
    ]);
  });

  it('passes over what is no object or no list, and says so', () => {
    expect(walkOf('[1]').object(() => {})).toBe(false);
    expect(walkOf('{}').object(() => {})).toBe(true);
    const items: string[] = [];
    const walk = walkOf('[[],{"a":1},null]');
    walk.list(() => items.push(String(walk.part().end)));
    expect(items).toEqual(['3', '11', '16']);
  });

  it.each([
    '',
    '{',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,',
    '{"a":1,}',
    '{"a" 1}',
    '{a:1}',
    '{"a":"',
    '{"a":"\\',
    '{"a":[1',
    '{}x',
    '{"\\q":1}',
    '{"a":,}',
    '{"a":}',
  ])('says that %j is broken', (text) => {
    expect(() => membersOf(text)).toThrow(BrokenJson);
  });

  it('goes as deep as a text does', () => {
    expect(membersOf(`{"a":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}`)).toHaveLength(1);
  });
});
