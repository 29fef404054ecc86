import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cookieValues, StickyCookie } from '../../../src/gateway/sticky-cookie.ts';

const SECRET = Buffer.from('secret');

describe('the sticky cookie', () => {
  it('gives back the id that it was issued with, however often', () => {
    const cookie = new StickyCookie(SECRET, 'serin');
    const { id, setCookie } = cookie.issue('http');
    const header = setCookie.split(';')[0] ?? '';
    expect([cookie.read(header), cookie.read(header)]).toEqual([id, id]);
    expect(new StickyCookie(SECRET, 'serin').read(header)).toBe(id);
  });

  it('finds the genuine one behind others of its name: what a neighbour or an old secret left does not hide it', () => {
    const cookie = new StickyCookie(SECRET, 'serin');
    const { id, setCookie } = cookie.issue('http');
    const old = new StickyCookie(Buffer.from('other'), 'serin').issue('http').setCookie.split(';')[0];
    expect(cookie.read(`serin=made; ${old}; ${setCookie.split(';')[0]}`)).toBe(id);
  });

  it('reads no cookie of another secret or another name', () => {
    const header = new StickyCookie(SECRET, 'serin').issue('http').setCookie.split(';')[0] ?? '';
    expect(new StickyCookie(Buffer.from('other'), 'serin').read(header)).toBeNull();
    expect(new StickyCookie(SECRET, 'other').read(header.replace('serin', 'other'))).toBeNull();
    expect(new StickyCookie(SECRET, 'serin').read(undefined)).toBeNull();
  });

  it('reads no cookie that anybody changed or made up', () => {
    const cookie = new StickyCookie(SECRET, 'serin');
    const genuine = (cookie.issue('http').setCookie.split(';')[0] ?? '').slice('serin='.length);
    const signature = genuine.slice(genuine.indexOf('.'));
    fc.assert(
      fc.property(fc.string(), (made) => {
        expect(cookie.read(`serin=${made}`)).toBeNull();
        expect(cookie.read(`serin=${made.replaceAll(';', '')}${signature}`)).toBeNull();
      }),
      { seed: 7, numRuns: 500 },
    );
  });
});

describe('cookieValues', () => {
  it.each([
    ['a=1', ['1']],
    ['b=2; a=1', ['1']],
    ['b=2;a=1;c', ['1']],
    ['aa=2; a=1=2', ['1=2']],
    [' a = 1 ', ['1']],
    ['a=', ['']],
    ['a=1; a=2', ['1', '2']],
    ['b=a=1', []],
    ['a', []],
    ['a; b=1', []],
    ['', []],
  ])('of a in %j is %j', (header, values) => {
    expect(cookieValues(header, 'a')).toEqual(values);
  });
});
