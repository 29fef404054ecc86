import type { KeyKind, KeyReading } from '../../stats/block.ts';

/** What a request's version was chosen by: the kind of its sticky key, null without one, and the name that may be shown. */
export interface KeyUse {
  readonly keyKind: KeyKind | null;
  readonly keyName: string | null;
}

const COUNTERS = 64;
const WINDOW_MS = 30_000;
/** Places of the index: a power of two, twice as many as there are counters. */
const PLACES = 128;
const PLACE_SHIFT = 25;
const FREE = 0;

/**
 * How unequal the sticky keys of a route are, in windows of 30 s. At most 64 keys are counted (Misra and Gries, Finding
 * repeated elements, 1982): a count is too small by at most `missed`, which is at most a 65th of all requests.
 *
 * Every request with a key comes by here, so nothing is allocated: a Map that keys come and go through makes a new table
 * every few dozen requests.
 */
export class KeyShares {
  /** Counters in use, in the order in which their keys came. */
  private used = 0;
  private readonly keys = new Uint32Array(COUNTERS);
  /** Each with what had been missed before its key came, which is taken off by `countAt`. */
  private readonly counts = new Uint32Array(COUNTERS);
  private readonly kinds: (KeyKind | null)[] = Array.from({ length: COUNTERS }, () => null);
  private readonly names: (string | null)[] = Array.from({ length: COUNTERS }, () => null);
  /** Open addressing: a counter and one more, or `FREE`. */
  private readonly places = new Uint8Array(PLACES);
  private requests = 0;
  private missed = 0;
  /** Monotonic ms. */
  private since = Number.NEGATIVE_INFINITY;

  /** `key`: a hash of 32 bits. Requests without a key are drawn by themselves. */
  add(key: number, use: KeyUse, now: number): void {
    if (now - this.since >= WINDOW_MS) this.begin(now);
    this.requests++;
    if (use.keyKind === null) return;
    const { keys, places } = this;
    const wanted = key >>> 0;
    let place = placeOf(wanted);
    for (let held = places[place] ?? FREE; held !== FREE; held = places[place] ?? FREE) {
      if (keys[held - 1] === wanted) {
        this.counts[held - 1] = (this.counts[held - 1] ?? 0) + 1;
        return;
      }
      place = (place + 1) & (PLACES - 1);
    }
    if (this.used === COUNTERS) this.missAll();
    else this.open(wanted, place, use);
  }

  /** Null without a request. */
  read(): KeyReading | null {
    const { requests, missed, used } = this;
    if (requests === 0) return null;
    let counted = 0;
    let squares = 0;
    let largest = -1;
    for (let at = 0; at < used; at++) {
      const count = this.countAt(at);
      counted += count;
      squares += ((count + missed) / requests) ** 2;
      if (largest < 0 || count > this.countAt(largest)) largest = at;
    }
    // A key that is not counted has at most `missed` requests.
    squares += (missed / requests) * (1 - counted / requests);
    const kind = this.kinds[largest] ?? null;
    const heaviest =
      kind === null ? null : { kind, name: this.names[largest] ?? null, requests: this.countAt(largest) };
    return { requests, squares: Math.min(1, squares), heaviest };
  }

  private countAt(at: number): number {
    return (this.counts[at] ?? 0) - this.missed;
  }

  private open(key: number, place: number, { keyKind, keyName }: KeyUse): void {
    const at = this.used++;
    this.keys[at] = key;
    this.counts[at] = this.missed + 1;
    this.kinds[at] = keyKind;
    this.names[at] = keyName;
    this.places[place] = at + 1;
  }

  private begin(now: number): void {
    this.since = now;
    this.requests = 0;
    this.missed = 0;
    this.used = 0;
    this.places.fill(FREE);
  }

  /** Takes one off every count, and gives up the counters that come to nothing. */
  private missAll(): void {
    this.missed++;
    const { used, keys, counts, kinds, names, places } = this;
    let kept = 0;
    for (let at = 0; at < used; at++) {
      if (this.countAt(at) === 0) continue;
      keys[kept] = keys[at] ?? 0;
      counts[kept] = counts[at] ?? 0;
      kinds[kept] = kinds[at] ?? null;
      names[kept] = names[at] ?? null;
      kept++;
    }
    if (kept === used) return;
    this.used = kept;
    places.fill(FREE);
    for (let at = 0; at < kept; at++) {
      let place = placeOf(keys[at] ?? 0);
      while (places[place] !== FREE) place = (place + 1) & (PLACES - 1);
      places[place] = at + 1;
    }
  }
}

/** The upper bits of a product with the golden ratio: keys that are units follow each other. */
function placeOf(key: number): number {
  return Math.imul(key, 0x9e37_79b1) >>> PLACE_SHIFT;
}
