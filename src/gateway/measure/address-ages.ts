import type { SplitOrder, Track, Upstream } from '../../split/order.ts';
import { MOST_NAMED_ADDRESSES, type YoungAddresses } from '../../stats/block.ts';
import type { Clock } from '../http/clock.ts';

/** Connections come and go: an address that was away for less than this is not new. */
const REMEMBERED_MS = 3_600_000;
/** Of one version; what comes beyond is not remembered, and counts as one that was always there. */
const MOST_ADDRESSES = 256;

interface Known {
  readonly address: string;
  /** Monotonic ms. */
  readonly firstAt: number;
  lastAt: number;
}

/** What decides which addresses are young, all of it fixed when a block begins. */
export interface BlockStart {
  /** Monotonic ms. */
  readonly from: number;
  /** Epoch ms. */
  readonly startedAt: number;
  /** 0 where no address is young: nothing is compared, or keys are. */
  readonly youngMs: number;
}

/** Since when a version has been reached at which addresses. */
export class AddressAges {
  readonly upstream: Upstream | null;
  private readonly clock: Clock;
  private readonly known = new Map<string, Known>();
  private latest: Known | null = null;
  /** When the first address was reached. */
  private openedAt = 0;

  constructor(upstream: Upstream | null, clock: Clock) {
    this.upstream = upstream;
    this.clock = clock;
  }

  /**
   * A request of a block reaches an address: whether that was young when the block began. It was if it joined the version, so
   * that it was reached for the first time later than a warm-up after the first address was, and before the block.
   * A version with one address pays no look-up.
   */
  reach(address: string, block: BlockStart): boolean {
    if (this.latest?.address !== address) this.latest = this.meet(address);
    return isYoung(this.latest, this.openedAt, block);
  }

  /** The addresses that were young when a block began; null for none. */
  youngAt(block: BlockStart): YoungAddresses | null {
    const young = [...this.known.values()].filter((one) => isYoung(one, this.openedAt, block));
    if (young.length === 0) return null;
    const lastMs = Math.max(...young.map(({ firstAt }) => firstAt)) + block.youngMs - block.from;
    return {
      addresses: young.slice(0, MOST_NAMED_ADDRESSES).map(({ address }) => address),
      count: young.length,
      until: Math.round(block.startedAt + lastMs),
    };
  }

  private meet(address: string): Known {
    const now = this.clock.monotonic();
    if (this.latest === null) this.openedAt = now;
    else this.latest.lastAt = now;
    const again = this.known.get(address);
    if (again !== undefined && now - again.lastAt < REMEMBERED_MS) {
      again.lastAt = now;
      return again;
    }
    for (const [name, { lastAt }] of this.known) if (now - lastAt >= REMEMBERED_MS) this.known.delete(name);
    const met: Known = { address, firstAt: now, lastAt: now };
    if (this.known.size >= MOST_ADDRESSES) return { ...met, firstAt: this.openedAt };
    this.known.set(address, met);
    return met;
  }
}

export type VersionAges = Readonly<Record<Track, AddressAges>>;

/** For an order: a version that was there under the one before keeps what is known, as when the canary becomes the stable. */
export function agesFor({ stable, canary }: SplitOrder, clock: Clock, before: VersionAges | null): VersionAges {
  const of = (upstream: Upstream) =>
    [before?.stable, before?.canary].find((ages) => isSame(ages?.upstream, upstream)) ??
    new AddressAges(upstream, clock);
  return {
    stable: of(stable),
    canary: canary === null ? (before?.canary ?? new AddressAges(null, clock)) : of(canary),
  };
}

function isSame(one: Upstream | null | undefined, other: Upstream): boolean {
  return one?.url === other.url && one.version === other.version;
}

function isYoung({ firstAt }: Known, openedAt: number, { from, youngMs }: BlockStart): boolean {
  return firstAt < from && from < firstAt + youngMs && firstAt > openedAt + youngMs;
}
