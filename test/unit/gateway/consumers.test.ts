import { describe, expect, it } from 'vitest';
import { clockFrom } from '../../../src/gateway/http/clock.ts';
import { Recent } from '../../../src/gateway/http/recent.ts';
import { ConsumerBook } from '../../../src/gateway/measure/consumers/consumer-book.ts';
import { ConsumerRules, hashClientId, hashConsumerKey, knownBy } from '../../../src/gateway/route/consumers.ts';

const SECRET = Buffer.from('secret');

function rulesOf(
  by: 'key' | 'client-id' = 'key',
  book = new ConsumerBook('shop', clockFrom(undefined)),
): ConsumerRules {
  return new ConsumerRules(SECRET, 'shop', by, book);
}

describe('hashConsumerKey', () => {
  it('is 64 hex digits that depend on secret, route and credential', () => {
    const hash = hashConsumerKey(SECRET, 'shop', 'acme');
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(hashConsumerKey(SECRET, 'shop', 'acme')).toBe(hash);
    expect(hashConsumerKey(Buffer.from('other'), 'shop', 'acme')).not.toBe(hash);
    expect(hashConsumerKey(SECRET, 'other', 'acme')).not.toBe(hash);
    expect(hashConsumerKey(SECRET, 'shop', 'acme2')).not.toBe(hash);
  });
});

describe('consumer rules', () => {
  it('follow the list, remembered credentials included', () => {
    const rules = rulesOf();
    const hash = hashConsumerKey(SECRET, 'shop', 'acme');
    expect(rules.find('acme').rule).toBeNull();
    rules.replace(new Map([[hash, 'canary']]));
    expect([rules.find('acme').rule, rules.find('acme').rule, rules.find('other').rule]).toEqual([
      'canary',
      'canary',
      null,
    ]);
    rules.replace(new Map([[hash, 'by-weight']]));
    expect(rules.find('acme').rule).toBe('by-weight');
    rules.replace(new Map());
    expect(rules.find('acme').rule).toBeNull();
  });

  it('do not change with the map they were given', () => {
    const rules = rulesOf();
    const given = new Map([[hashConsumerKey(SECRET, 'shop', 'acme'), 'canary' as const]]);
    rules.replace(given);
    given.clear();
    expect(rules.find('acme').rule).toBe('canary');
  });
});

describe('a client id', () => {
  it('is no credential, and no credential is a client id', () => {
    const byKey = rulesOf();
    const byId = rulesOf('client-id');
    const id = hashClientId(SECRET, 'shop', 'acme');
    const key = hashConsumerKey(SECRET, 'shop', 'acme');
    byKey.replace(new Map([[id, 'canary']]));
    byId.replace(new Map([[key, 'canary']]));
    expect([byKey.find('acme').rule, byId.find('acme').rule]).toEqual([null, null]);
    byId.replace(new Map([[id, 'canary']]));
    expect(byId.find('acme').rule).toBe('canary');
    for (const route of ['shop', '', 'client-id', 'consumer\0shop']) {
      for (const text of ['acme', '', 'shop\0acme']) {
        expect(hashClientId(SECRET, route, text)).not.toBe(hashConsumerKey(SECRET, route, text));
      }
    }
  });

  it('is what a proxy says, and nothing else yet', () => {
    const header = { kind: 'header', name: 'x-client-id' } as const;
    expect([null, header, { kind: 'query', name: 'key' } as const].map(knownBy)).toEqual(['key', 'key', 'key']);
    expect(knownBy({ ...header, from: 'trustedProxies' })).toBe('client-id');
  });
});

describe('the name of a consumer', () => {
  it('is the one on the list, and nobody is named by a credential', () => {
    const rules = rulesOf();
    const hash = hashConsumerKey(SECRET, 'shop', 'key of acme');
    expect(rules.find('key of acme').name).toBe('not listed');
    rules.replace(new Map([[hash, 'by-weight']]), new Map([[hash, 'acme']]));
    expect([rules.find('key of acme').name, rules.find('another').name]).toEqual(['acme', 'not listed']);
    rules.replace(new Map([[hash, 'by-weight']]));
    expect(rules.find('key of acme').name).toBe('unnamed');
  });
});

describe('a flood of forged credentials', () => {
  it('is bounded in what it is remembered by, and takes no place from one that is real', () => {
    const book = new ConsumerBook('shop', clockFrom(undefined));
    const rules = rulesOf('key', book);
    const requests = (status: number, credential: string) =>
      rules
        .find(credential)
        .tally.count({ track: 'stable', totals: { version: 'v1' }, begunAt: 0, status, latencyMs: 1 }, 'other');
    const forged = Array.from({ length: 100_000 }, (_, at) => `forged ${at}`);
    for (const credential of forged) requests(401, credential);
    requests(200, 'real');
    const kinds = () => Object.groupBy(book.take(), ({ who }) => who.kind);
    const first = kinds();
    expect([first.unlisted?.length, first['unlisted-others']?.map((day) => day.requests)]).toEqual([1, [100_000]]);
    for (const credential of forged) requests(200, credential);
    requests(200, 'real');
    const then = kinds();
    expect([then.unlisted?.length, then['unlisted-others']?.map((day) => day.requests)]).toEqual([10_000, [90_001]]);
    const hash = hashConsumerKey(SECRET, 'shop', 'real');
    expect(then.unlisted).toContainEqual(expect.objectContaining({ who: { kind: 'unlisted', keyHash: hash } }));
    expect(book.take()).toEqual([]);
  });
});

describe('what is remembered', () => {
  it('stays for keys in use and goes for the others', () => {
    const recent = new Recent<number>(10);
    recent.set('used', 1);
    for (let key = 0; key < 100; key++) {
      recent.set(`k${key}`, key);
      expect(recent.get('used')).toBe(1);
    }
    expect(recent.get('k0')).toBeUndefined();
    expect(recent.get('k99')).toBe(99);
    recent.clear();
    expect(recent.get('used')).toBeUndefined();
  });
});
