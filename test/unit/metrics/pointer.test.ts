import { describe, expect, it } from 'vitest';
import { parsePointer } from '../../../src/metrics/json/pointer.ts';
import { valueAt } from '../../../src/split/json-pointer.ts';

/** The document and the pointers of RFC 6901 sections 5 and 6. */
const RFC = {
  foo: ['bar', 'baz'],
  '': 0,
  'a/b': 1,
  'c%d': 2,
  'e^f': 3,
  'g|h': 4,
  'i\\j': 5,
  'k"l': 6,
  ' ': 7,
  'm~n': 8,
};

describe('a JSON pointer', () => {
  it.each<[string, unknown]>([
    ['', RFC],
    ['/foo', ['bar', 'baz']],
    ['/foo/0', 'bar'],
    ['/', 0],
    ['/a~1b', 1],
    ['/c%25d', 2],
    ['/e%5Ef', 3],
    ['/g%7Ch', 4],
    ['/i%5Cj', 5],
    ['/k%22l', 6],
    ['/%20', 7],
    ['/m~0n', 8],
  ])('#%s leads where RFC 6901 says', (fragment, value) => {
    const tokens = parsePointer(fragment);
    expect(tokens && valueAt(RFC, tokens)).toEqual(value);
  });

  it('reads ~01 as ~1', () => {
    expect(parsePointer('/~01')).toEqual(['~1']);
  });

  it.each(['foo', '/a~2b', '/a~', '/%zz', '/%ff'])('%s is none', (fragment) => {
    expect(parsePointer(fragment)).toBeNull();
  });

  it.each([
    ['/foo/2'],
    ['/foo/00'],
    ['/foo/-'],
    ['/foo/length'],
    ['/constructor'],
    ['/__proto__/toString'],
    ['/a~1b/c'],
  ])('%s leads nowhere', (fragment) => {
    expect(valueAt(RFC, parsePointer(fragment) ?? [])).toBeUndefined();
  });
});
