import { describe, expect, it } from 'vitest';
import { networkOf, Shares } from '../../../src/gateway/http/share.ts';
import { AnswerTaking } from '../../../src/gateway/measure/turn.ts';
import { Peers } from '../../../src/gateway/route/peer.ts';

const LIMITS = { inFlightPerAddress: 2, uploadsPerAddress: 1, heldBackPerAddress: 1 };

describe('the share of an address', () => {
  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('of %s is that of %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  it('bounds what is under way at a time', () => {
    const share = new Shares(LIMITS).of('203.0.113.9');
    expect([share.enter(), share.enter(), share.enter()]).toEqual([true, true, false]);
    share.left();
    share.left();
    expect(share.enter()).toBe(true);
    share.uploadBegan();
    expect(share.hasRoomForUpload).toBe(false);
    share.uploadEnded();
    expect(share.hasRoomForUpload).toBe(true);
  });

  it('takes nothing more while as many answers as it may have are held back, however often that is said', () => {
    const share = new Shares(LIMITS).of('203.0.113.9');
    const taking = new AnswerTaking(share);
    taking.begin(1);
    taking.begin(2);
    expect(share.enter()).toBe(false);
    share.left();
    expect(share.isIdle).toBe(false);
    taking.end(3);
    taking.end(4);
    expect([share.isIdle, share.enter(), taking.totalMs(9)]).toEqual([true, true, 2]);
  });

  it('outlasts any number of other addresses while something is under way', () => {
    const shares = new Shares(LIMITS);
    const busy = shares.of('203.0.113.9');
    const idle = shares.of('203.0.113.10');
    busy.enter();
    for (let at = 0; at < 40_000; at++) shares.of(`10.0.${at >> 8}.${at & 255}`);
    expect(shares.of('203.0.113.9')).toBe(busy);
    expect(shares.of('203.0.113.10')).not.toBe(idle);
  });

  it('is that of the client behind a trusted proxy, and a proxy that names none has none', () => {
    const peers = new Peers(['10.0.0.0/8'], LIMITS);
    const proxy = { address: '10.0.0.1', isTrusted: true, share: null };
    const named = peers.client(proxy, '203.0.113.9, 10.0.0.2');
    expect(named.share).not.toBe(null);
    expect(peers.client(proxy, '203.0.113.9').share).toBe(named.share);
    expect(peers.client(proxy, '203.0.113.10').share).not.toBe(named.share);
    expect(peers.client(proxy, undefined).share).toBe(null);
    expect(peers.client(proxy, '10.0.0.7').share).toBe(null);
  });
});
