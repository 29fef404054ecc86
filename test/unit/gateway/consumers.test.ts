import { describe, expect, it } from 'vitest';
import { ConsumerRules, hashConsumerKey } from '../../../src/gateway/consumers.ts';
import { Recent } from '../../../src/gateway/recent.ts';

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
    expect(rules.ruleOf('acme')).toBeNull();
    rules.replace(new Map([[hash, 'canary']]));
    expect([rules.ruleOf('acme'), rules.ruleOf('acme'), rules.ruleOf('other')]).toEqual(['canary', 'canary', null]);
    rules.replace(new Map([[hash, 'by-weight']]));
    expect(rules.ruleOf('acme')).toBe('by-weight');
    rules.replace(new Map());
    expect(rules.ruleOf('acme')).toBeNull();
  });

  it('do not change with the map they were given', () => {
    const rules = new ConsumerRules(SECRET, 'shop');
    const given = new Map([[hashConsumerKey(SECRET, 'shop', 'acme'), 'canary' as const]]);
    rules.replace(given);
    given.clear();
    expect(rules.ruleOf('acme')).toBe('canary');
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
