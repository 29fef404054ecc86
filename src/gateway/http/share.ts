import type { GatewayLimits } from './limits.ts';

export type ShareLimits = Pick<GatewayLimits, 'inFlightPerAddress' | 'uploadsPerAddress' | 'heldBackPerAddress'>;

/** What one client address has under way, of what all may have. */
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

  /** A request begins; whether it is within the share. `left` is due for it in any case. */
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

/** Whom a request is from, as far as it is known: the address at the other end, or what a trusted proxy says. */
export interface Client {
  readonly address: string;
  /** Null for a trusted proxy that does not say for whom it asks. */
  readonly share: Share | null;
}

/** Above this many addresses, those that have nothing under way are forgotten. */
const REMEMBERED = 10_000;

/** The share of each client; a new one for an address that was forgotten is the same, for nothing was under way. */
export class Shares {
  private readonly limits: ShareLimits;
  private readonly known = new Map<string, Share>();
  private forgetAt = REMEMBERED;

  constructor(limits: ShareLimits) {
    this.limits = limits;
  }

  /** One IPv6 client commonly has a /64 to itself (RFC 6177), and so one share. */
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

/** The first half of an IPv6 address, its groups without leading zeros; an IPv4 address as it is. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [left = '', right] = address.split('%', 1)[0]?.split('::') ?? [];
  const groups = left === '' ? [] : left.split(':');
  const after = right === undefined || right === '' ? [] : right.split(':');
  // A last group in dotted form stands for two, and never for the first half of an address that anybody comes from.
  if (right !== undefined) while (groups.length + after.length < 8) groups.push('0');
  const whole = [...groups, ...after].slice(0, GROUPS_OF_64);
  return `${whole.map((group) => group.replace(/^0+(?=.)/, '').toLowerCase()).join(':')}::/64`;
}
