import { describe, expect, it } from 'vitest';
import { readTarget } from '../../../src/gateway/http/target.ts';

describe('readTarget', () => {
  it.each([
    ['/', '/', ''],
    ['/a/b?x=1', '/a/b', '?x=1'],
    ['/a?', '/a', '?'],
    ['/a?b?c=/../%2f\\', '/a', '?b?c=/../%2f\\'],
    ['/%61%20%2e', '/%61%20%2e', ''],
    ['/./a/.b/..c/c../...', '/./a/.b/..c/c../...', ''],
    ['/%2e%2ea', '/%2e%2ea', ''],
    ['//a', '//a', ''],
  ])('reads %s as it is', (raw, path, query) => {
    expect(readTarget(raw)).toEqual({ path, query, hasEncodedSlash: false });
  });

  it.each([
    '/a%2fb',
    '/a%2Fb',
    '/a%5cb',
    '/a%5Cb',
    '/%2f',
    '/@scope%2fname',
    '/projects/group%2Fname/x',
    '/a%2f...%2fb',
  ])('notes the encoded slash of %s, and leaves it', (raw) => {
    expect(readTarget(raw)).toEqual({ path: raw, query: '', hasEncodedSlash: true });
  });

  it.each([
    ['', /not a path/],
    ['a', /not a path/],
    ['*', /not a path/],
    ['http://a/', /not a path/],
    ['/..', /\.\. segment/],
    ['/../', /\.\. segment/],
    ['/a/..', /\.\. segment/],
    ['/a/../b', /\.\. segment/],
    ['/..?x', /\.\. segment/],
    ['/..;x/b', /\.\. segment/],
    ['/%2e%2e', /\.\. segment/],
    ['/%2E%2e/a', /\.\. segment/],
    ['/.%2e', /\.\. segment/],
    ['/%2e.', /\.\. segment/],
    ['/a/.%2E/b', /\.\. segment/],
    ['/a%2f..', /\.\. segment/],
    ['/a%2F../b', /\.\. segment/],
    ['/a/..%2Fb', /\.\. segment/],
    ['/a/%2e%2e%5cb', /\.\. segment/],
    ['/a%5c..;x', /\.\. segment/],
    ['/a\\b', /backslash/],
    ['/..\\', /\.\. segment|backslash/],
    ['/a#b', /has a #/],
    ['/a?b#c', /has a #/],
    ['/a?caf\xc3\xa9', /0xC3/],
    ['/a?\xff', /0xFF/],
    ['/a b', /0x20/],
    ['/a\tb', /0x09/],
    ['/a\x7f', /0x7F/],
    ['/a?b c', /0x20/],
    ['/caf\xc3\xa9', /^The request target has the byte 0xC3, which has to be percent-encoded: %C3\.$/],
  ])('refuses %j, and says why', (raw, reason) => {
    expect(readTarget(raw)).toMatch(reason);
  });
});
