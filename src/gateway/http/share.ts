import type { GatewayLimits } from './limits.ts';

export type ShareLimits = Pick<GatewayLimits, 'inFlightPerAddress' | 'uploadsPerAddress' | 'heldBackPerAddress'>;

/** What one client address has in progress, against its limits. */
export class Share {
  private readonly limits: ShareLimits;
  private inFlight = 0;
  private uploads = 0;
  private heldBack = 0;

  constructor(limits: ShareLimits) {
    this.limits = limits;
  }

  get isIdle(): boolean {
    return this.inFlight === 0 && this.uploads === 0 && this.heldBack === 0;
  }

  /** A request begins; returns whether it is within the share. `left` must be called either way. */
  enter(): boolean {
    const { inFlightPerAddress, heldBackPerAddress } = this.limits;
    return ++this.inFlight <= inFlightPerAddress && this.heldBack < heldBackPerAddress;
  }

  left(): void {
    this.inFlight--;
  }

  /** Whether one more upload is within the share. */
  get hasRoomForUpload(): boolean {
    return this.uploads < this.limits.uploadsPerAddress;
  }

  uploadBegan(): void {
    this.uploads++;
  }

  uploadEnded(): void {
    this.uploads--;
  }

  /** An answer waits for its client to take it. */
  heldBackBegan(): void {
    this.heldBack++;
  }

  heldBackEnded(): void {
    this.heldBack--;
  }
}

/** The client a request is from, as far as known: the address at the other end, or what a trusted proxy says. */
export interface Client {
  readonly address: string;
  /** Null for a trusted proxy that does not name its client. */
  readonly share: Share | null;
}

/** Above this many addresses, those with nothing in progress are forgotten. */
const REMEMBERED = 10_000;

/** The share of each client. A new share for a forgotten address is the same, because nothing was in progress. */
export class Shares {
  private readonly limits: ShareLimits;
  private readonly known = new Map<string, Share>();
  private forgetAt = REMEMBERED;

  constructor(limits: ShareLimits) {
    this.limits = limits;
  }

  /** One IPv6 client commonly has a /64 to itself (RFC 6177), and so gets one share. */
  of(address: string): Share {
    const network = networkOf(address);
    let share = this.known.get(network);
    if (!share) {
      if (this.known.size >= this.forgetAt) this.forget();
      share = new Share(this.limits);
      this.known.set(network, share);
    }
    return share;
  }

  private forget(): void {
    for (const [network, share] of this.known) if (share.isIdle) this.known.delete(network);
    this.forgetAt = Math.max(REMEMBERED, 2 * this.known.size);
  }
}

const GROUPS_OF_64 = 4;

/** The first half of an IPv6 address, its groups without leading zeros; an IPv4 address unchanged. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [left = '', right] = address.split('%', 1)[0]?.split('::') ?? [];
  const groups = left === '' ? [] : left.split(':');
  const after = right === undefined || right === '' ? [] : right.split(':');
  // A last group in dotted form stands for two, and is never in the first half of a real client's address.
  if (right !== undefined) while (groups.length + after.length < 8) groups.push('0');
  const whole = [...groups, ...after].slice(0, GROUPS_OF_64);
  return `${whole.map((group) => group.replace(/^0+(?=.)/, '').toLowerCase()).join(':')}::/64`;
}
