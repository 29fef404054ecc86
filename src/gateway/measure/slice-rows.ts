import type { SliceDimension, SliceName } from '../../stats/slice.ts';
import { type EndpointNames, showsEndpoint } from './endpoints/endpoint-names.ts';

/** How a version's slices are divided up (`MOST_SLICES` in all); the last of each dimension is "other". */
const ROOM: Readonly<Record<SliceDimension, number>> = { endpoint: 100, consumer: 60, upstream: 20, status: 20 };

const SLOTS = 256;
const FREE = 0;
const NO_ANSWER = 'no answer';

/** Endpoints may take rows by themselves up to here; the other rows are for those that the stable is known to answer at. */
const FIRST_COME = 50;
/** Of the rows of endpoints, these are left free at the start for what turns out to be one. */
const LEFT_FREE = 20;

/** An endpoint that is known from the stable's answers. */
export interface RankedEndpoint {
  readonly hash: number;
  readonly name: string;
}

/**
 * Gives slices their row numbers; those without share "other". Endpoints that the stable is known to answer at come first, those of
 * declared templates take a row when they are first asked for, and others as long as half of the rows are free: what clients make up takes
 * no more than that, even where it is answered with something other than 404 and 405. A row stays what it is: what a slice
 * bets on has to be known before its block.
 */
export class SliceRows {
  /** By row. */
  readonly names: SliceName[] = [];
  private readonly endpoints: EndpointNames;
  private readonly used: Record<SliceDimension, number> = { endpoint: 0, consumer: 0, upstream: 0, status: 0 };
  private readonly others: Partial<Record<SliceDimension, number>> = {};
  /** Open addressing: a template's hash and, at the same place, its row. */
  private readonly hashes = new Int32Array(SLOTS);
  private readonly rowsOfHashes = new Int32Array(SLOTS);
  private readonly consumers = new Map<string, number>();
  private readonly upstreams = new Map<string, number>();
  private readonly statuses = new Map<number, number>();

  /** @param ranked the endpoints that are known so far, the most frequent first */
  constructor(endpoints: EndpointNames, ranked: readonly RankedEndpoint[] = []) {
    this.endpoints = endpoints;
    this.admit(ranked, ROOM.endpoint - LEFT_FREE);
  }

  /** The row of a request's endpoint; that of all others where it has none of its own. */
  endpoint(method: number, path: string | null, status: number): number {
    if (path === null) return this.other('endpoint');
    const hash = this.endpoints.hashOf(method, path);
    const slot = this.slotOf(hash);
    if (this.hashes[slot] === hash) return this.rowsOfHashes[slot] ?? 0;
    const mayTakeOne = showsEndpoint(status) && (this.used.endpoint < FIRST_COME || this.endpoints.isGiven(path));
    if (!mayTakeOne || this.isFull('endpoint')) return this.other('endpoint');
    return this.addEndpoint(hash, this.endpoints.nameOf(method, path));
  }

  /** Rows for endpoints that are known from the stable's answers, in this order, as far as there is room. */
  admit(ranked: readonly RankedEndpoint[], most = ROOM.endpoint): void {
    for (const { hash, name } of ranked) {
      if (this.used.endpoint >= most || this.isFull('endpoint')) return;
      if (this.hashes[this.slotOf(hash)] !== hash) this.addEndpoint(hash, name);
    }
  }

  private addEndpoint(hash: number, name: string): number {
    const slot = this.slotOf(hash);
    const row = this.add('endpoint', name);
    this.hashes[slot] = hash;
    this.rowsOfHashes[slot] = row;
    return row;
  }

  /** Where a hash is, or would be. */
  private slotOf(hash: number): number {
    let slot = (hash ^ (hash >>> 13)) & (SLOTS - 1);
    for (let held = this.hashes[slot]; held !== FREE && held !== hash; held = this.hashes[slot]) {
      slot = (slot + 1) & (SLOTS - 1);
    }
    return slot;
  }

  consumer(name: string): number {
    return this.consumers.get(name) ?? this.named('consumer', this.consumers, name, name);
  }

  upstream(address: string): number {
    return this.upstreams.get(address) ?? this.named('upstream', this.upstreams, address, address);
  }

  /** `status` is 0 if no answer came. */
  status(status: number): number {
    const name = status === 0 ? NO_ANSWER : String(status);
    return this.statuses.get(status) ?? this.named('status', this.statuses, status, name);
  }

  private named<Key>(dimension: SliceDimension, rows: Map<Key, number>, key: Key, name: string): number {
    if (this.isFull(dimension)) return this.other(dimension);
    const row = this.add(dimension, name);
    rows.set(key, row);
    return row;
  }

  private isFull(dimension: SliceDimension): boolean {
    return this.used[dimension] >= ROOM[dimension] - 1;
  }

  private add(dimension: SliceDimension, name: string): number {
    this.used[dimension]++;
    return this.names.push({ dimension, name }) - 1;
  }

  private other(dimension: SliceDimension): number {
    const row = this.others[dimension] ?? this.names.push({ dimension, name: 'other' }) - 1;
    this.others[dimension] = row;
    return row;
  }
}
