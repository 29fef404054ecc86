import { describe, expect, it } from 'vitest';
import { Recent } from '../../../src/gateway/http/recent.ts';
import { ConsumerRules, hashClientId, hashConsumerKey, knownBy } from '../../../src/gateway/route/consumers.ts';

const SECRET = Buffer.from('secret');

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
    const rules = new ConsumerRules(SECRET, 'shop');
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
    const rules = new ConsumerRules(SECRET, 'shop');
    const given = new Map([[hashConsumerKey(SECRET, 'shop', 'acme'), 'canary' as const]]);
    rules.replace(given);
    given.clear();
    expect(rules.find('acme').rule).toBe('canary');
  });
});

describe('a client id', () => {
  it('is no credential, and no credential is a client id', () => {
    const byKey = new ConsumerRules(SECRET, 'shop');
    const byId = new ConsumerRules(SECRET, 'shop', 'client-id');
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
    const rules = new ConsumerRules(SECRET, 'shop');
    const hash = hashConsumerKey(SECRET, 'shop', 'key of acme');
    expect(rules.find('key of acme').name).toBe('not listed');
    rules.replace(new Map([[hash, 'by-weight']]), new Map([[hash, 'acme']]));
    expect([rules.find('key of acme').name, rules.find('another').name]).toEqual(['acme', 'not listed']);
    rules.replace(new Map([[hash, 'by-weight']]));
    expect(rules.find('key of acme').name).toBe('unnamed');
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
