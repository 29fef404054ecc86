import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSignature } from '../../../src/gateway/route/signature.ts';
import { cookieValues, StickyCookie } from '../../../src/gateway/route/sticky-cookie.ts';

const SECRET = Buffer.from('secret');
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

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

describe('a signature', () => {
  const wanted = createHmac('sha256', 'key').update('text').digest();
  const text = wanted.toString('base64url');
  const last = text.slice(-1);
  const padded = ALPHABET.charAt(ALPHABET.indexOf(last) ^ 1);

  it('has one spelling', () => {
    expect(text).toHaveLength(43);
    expect(isSignature(text, wanted)).toBe(true);
  });

  it.each([
    ['padding', `${text}=`],
    ['a foreign character that a decoder passes over', `${text.slice(0, 9)}!${text.slice(9)}`],
    ['a blank at the end', `${text} `],
    ['other unused bits', `${text.slice(0, -1)}${padded}`],
    ['a character that is another one in Latin-1', `${String.fromCharCode(text.charCodeAt(0) + 256)}${text.slice(1)}`],
    ['one character less', text.slice(1)],
    ['nothing', ''],
  ])('with %s is none', (_, other) => {
    expect(isSignature(other, wanted)).toBe(false);
  });

  it('in the alphabet of base64 with + and / is none', () => {
    const both = Array.from({ length: 50 }, (_, n) => createHmac('sha256', 'key').update(String(n)).digest());
    const told = both.find((one) => /[-_]/.test(one.toString('base64url'))) ?? wanted;
    expect(isSignature(told.toString('base64').replace('=', ''), told)).toBe(false);
  });

  it('of a cookie in another spelling is none of ours', () => {
    const cookie = new StickyCookie(SECRET, 'serin');
    const header = cookie.issue('http').setCookie.split(';')[0] ?? '';
    const end = ALPHABET.charAt(ALPHABET.indexOf(header.slice(-1)) ^ 1);
    expect([`${header}=`, `${header}.`, `${header.slice(0, -1)}${end}`].map((one) => cookie.read(one))).toEqual([
      null,
      null,
      null,
    ]);
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
