import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { OwnListeners } from '../../../src/gateway/upstream/own-listeners.ts';

const interfaces = Object.values(networkInterfaces()).flatMap((ones) => ones ?? []);

function boundTo(address: string): OwnListeners {
  const own = new OwnListeners();
  own.add(address, 7780, 'control');
  return own;
}

describe('the own listeners', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1', true],
    ['127.0.0.1', '::ffff:127.0.0.1', true],
    ['127.0.0.1', '::ffff:7f00:1', true],
    ['127.0.0.1', '64:ff9b::7f00:1', true],
    ['127.0.0.1', '0.0.0.0', true],
    ['127.0.0.1', '127.0.0.2', false],
    ['127.0.0.1', '::1', false],
    ['127.0.0.1', '10.0.0.1', false],
    ['127.0.0.1', 'localhost', false],
    ['::ffff:127.0.0.1', '127.0.0.1', true],
    ['::1', '::1', true],
    ['::1', '::', true],
    ['::1', '127.0.0.1', false],
    ['0.0.0.0', '127.0.0.1', true],
    ['0.0.0.0', '127.200.3.4', true],
    ['0.0.0.0', '0.0.0.0', true],
    ['0.0.0.0', '::ffff:127.0.0.1', true],
    ['0.0.0.0', '198.51.100.1', false],
    ['::', '127.0.0.1', true],
    ['::', '::1', true],
    ['::', '2001:db8::1', false],
  ])('bound to %s are reached at %s: %s', (bound, address, isOwn) => {
    expect(boundTo(bound).find(address, 7780)).toBe(isOwn ? 'control' : null);
    expect(boundTo(bound).find(address, 7781)).toBe(null);
  });

  it.each(interfaces.map(({ address }) => address))(
    "bound to everything are reached at this machine's %s",
    (address) => {
      expect(boundTo('0.0.0.0').find(address, 7780)).toBe('control');
      expect(boundTo('::').find(address, 7780)).toBe('control');
      expect(boundTo(address).find(address, 7780)).toBe('control');
    },
  );
});
