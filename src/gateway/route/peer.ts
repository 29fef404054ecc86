import { isIP, type Socket } from 'node:net';
import { AddressRanges } from '../http/address-ranges.ts';
import { limitsOf } from '../http/limits.ts';
import { Recent } from '../http/recent.ts';
import { type Client, type ShareLimits, Shares } from '../http/share.ts';

const REMEMBERED = 10_000;

/** The other end of a client connection, shared by all connections from the same address. */
export interface Peer extends Client {
  /** IPv4 where the peer is v4-mapped. */
  readonly address: string;
  /** Whether its X-Forwarded-* fields are believed. */
  readonly isTrusted: boolean;
}

/** `::ffff:10.0.0.1` is `10.0.0.1` on a dual-stack listener (RFC 4291 section 2.5.5.2). */
function unmapped(address: string): string {
  return /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(address) ? address.slice(7) : address;
}

/** `10.0.0.1:80`, `[::1]:80`, `[::1]` and plain addresses -> the address; null for anything else. */
function addressOf(entry: string): string | null {
  const text = entry.trim();
  const bare = /^\[(.+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
  return isIP(bare) === 0 ? null : unmapped(bare);
}

/** The proxies in front of us that we believe. */
export class Peers {
  private trusted: AddressRanges;
  private known = new WeakMap<Socket, Peer>();
  private readonly shares: Shares;
  private byAddress = new Recent<Peer>(REMEMBERED);

  /** `cidrs` are v4 or v6 networks or single addresses; throws TypeError on any other text. */
  constructor(cidrs: readonly string[], limits: ShareLimits = limitsOf()) {
    this.trusted = new AddressRanges(cidrs, 'trustedProxies');
    this.shares = new Shares(limits);
  }

  /** Other proxies from now on. A connection of the fast path keeps what it was accepted as; on the other, the next request counts. */
  trust(cidrs: readonly string[]): void {
    this.trusted = new AddressRanges(cidrs, 'trustedProxies');
    this.known = new WeakMap();
    this.byAddress = new Recent<Peer>(REMEMBERED);
  }

  of(socket: Socket): Peer {
    let peer = this.known.get(socket);
    if (!peer) {
      peer = this.at(unmapped(socket.remoteAddress ?? ''));
      this.known.set(socket, peer);
    }
    return peer;
  }

  private at(address: string): Peer {
    let peer = this.byAddress.get(address);
    if (!peer) {
      const isTrusted = this.isTrusted(address);
      peer = { address, isTrusted, share: isTrusted ? null : this.shares.of(address) };
      this.byAddress.set(address, peer);
    }
    return peer;
  }

  /** The client that a peer's request comes from. */
  client(peer: Peer, forwardedFor: string | undefined): Client {
    return peer.isTrusted ? this.at(this.clientAddress(peer, forwardedFor)) : peer;
  }

  /** The rightmost address that is not a trusted proxy; anything to its left is hearsay. */
  clientAddress(peer: Peer, forwardedFor: string | undefined): string {
    if (!peer.isTrusted || forwardedFor === undefined) return peer.address;
    let client = peer.address;
    for (const entry of forwardedFor.split(',').reverse()) {
      const address = addressOf(entry);
      if (address === null) break;
      client = address;
      if (!this.isTrusted(address)) break;
    }
    return client;
  }

  private isTrusted(address: string): boolean {
    return this.trusted.includes(address);
  }
}
