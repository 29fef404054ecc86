import { describe, expect, it } from 'vitest';
import { type Peer, Peers } from '../../../src/gateway/route/peer.ts';

const PROXY: Peer = { address: '10.0.0.1', isTrusted: true, share: null };

describe('the client address', () => {
  const peers = new Peers(['10.0.0.0/8', 'fd00::/8', '192.0.2.1']);

  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['6.6.6.6, 203.0.113.9', '203.0.113.9'],
    ['6.6.6.6, 203.0.113.9, 10.1.2.3', '203.0.113.9'],
    ['203.0.113.9,192.0.2.1,fd00::5', '203.0.113.9'],
    ['2001:db8::7, 10.9.9.9', '2001:db8::7'],
    ['[2001:db8::7]:443, 10.9.9.9', '2001:db8::7'],
    ['203.0.113.9:5555', '203.0.113.9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['::ffff:10.0.0.9', '10.0.0.9'],
    ['10.1.1.1, 10.2.2.2', '10.1.1.1'],
    ['6.6.6.6, garbage, 10.2.2.2', '10.2.2.2'],
    ['', '10.0.0.1'],
    ['unknown', '10.0.0.1'],
  ])('behind a trusted proxy that says %j is %s', (forwardedFor, client) => {
    expect(peers.clientAddress(PROXY, forwardedFor)).toBe(client);
  });

  it('is the peer itself when the peer is not trusted', () => {
    expect(peers.clientAddress({ address: '6.6.6.6', isTrusted: false, share: null }, '1.2.3.4')).toBe('6.6.6.6');
    expect(peers.clientAddress(PROXY, undefined)).toBe('10.0.0.1');
  });
});

describe('trusted proxies', () => {
  it.each(['10.0.0.0/x', '10.0.0.0/', '10.0.0.0/8/8', 'example.com', '300.1.1.1', ''])('refuse %j', (cidr) => {
    expect(() => new Peers([cidr])).toThrow(TypeError);
  });

  it('refuse a length that no address has', () => {
    expect(() => new Peers(['10.0.0.0/33'])).toThrow(RangeError);
  });
});
