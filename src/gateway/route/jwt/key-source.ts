import type { Faults } from '../../http/faults.ts';
import type { FetchedText } from '../../upstream/fetch-text.ts';
import { Allowance } from './allowance.ts';
import { type IssuerKey, KeySet, readKeys, type SignedBy } from './key-set.ts';

/** How long a request waits for a key at most. */
export const WAIT_MS = 1_000;
/** Loads that unknown keys cause: so many at once, and then one more each time. */
const ASKED_LOADS = 3;
const ASKED_EVERY_MS = 10_000;
const FIRST_RETRY_MS = 10_000;
/** Keys that could not be loaded again for so long are believed no longer. */
const STALE_MS = 86_400_000;

export interface KeySourceParts {
  readonly load: () => Promise<FetchedText>;
  readonly refreshMs: number;
  /** Monotonic ms. */
  readonly now: () => number;
  readonly faults: Faults;
  /** How long a request waits for a key at most; `WAIT_MS` unless it says otherwise. */
  readonly waitMs?: number;
  /** A load is over, and the keys may be others. `failure` continues a sentence that begins with where the keys are. */
  readonly onLoaded: (failure: string | null) => void;
}

/**
 * The keys of an issuer: loaded at the start, again every `refreshMs`, and when a token names a key that is not known. One load is under
 * way at a time. What fails leaves the keys as they are.
 */
export class KeySource {
  private readonly parts: KeySourceParts;
  private readonly set = new KeySet();
  private readonly asked: Allowance;
  private readonly waitMs: number;
  /** Monotonic ms since which a load is under way. */
  private loadingSince: number | null = null;
  private loadedAt: number | null = null;
  private failures = 0;
  /** Whether the last load came in the time that a request waits. */
  private isQuick = true;
  private next: NodeJS.Timeout | undefined;
  private isStopped = false;
  /** The load that is under way may have read what is replaced since. */
  private isOutdated = false;

  constructor(parts: KeySourceParts) {
    this.parts = parts;
    this.waitMs = parts.waitMs ?? WAIT_MS;
    this.asked = new Allowance(ASKED_LOADS, ASKED_EVERY_MS, parts.now);
  }

  /** Grows with each change of the keys. */
  get generation(): number {
    return this.set.generation;
  }

  get size(): number {
    return this.set.size;
  }

  start(): void {
    this.load();
  }

  /** Loads the keys again, because they may be others now. */
  renew(): void {
    if (this.loadingSince === null) this.contained(() => this.load());
    else this.isOutdated = true;
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.next);
  }

  find(signed: SignedBy): IssuerKey | null {
    return this.set.find(signed);
  }

  /**
   * A key is not known. Loads the keys again, unless that was done often of late, and says for how many ms it is worth while to wait
   * for them. After a load that failed or was slow nobody waits for the next one.
   */
  ask(): number {
    if (this.loadingSince === null && this.asked.take()) this.contained(() => this.load());
    if (this.loadingSince === null || !this.isQuick) return 0;
    return Math.max(0, this.waitMs - (this.parts.now() - this.loadingSince));
  }

  private load(): void {
    if (this.isStopped) return;
    clearTimeout(this.next);
    const since = this.parts.now();
    this.loadingSince = since;
    this.isOutdated = false;
    this.parts.load().then(
      (fetched) => this.contained(() => this.loaded(fetched, since)),
      (error: unknown) => {
        this.parts.faults.report(error, 'keys');
        this.contained(() => this.loaded({ ok: false, reason: 'could not be read' }, since));
      },
    );
  }

  private contained(step: () => void): void {
    if (this.parts.faults.attempt(step, 'keys') || this.isStopped) return;
    // What threw may have left no load that is under way, and none to come.
    this.loadingSince = null;
    this.again(FIRST_RETRY_MS);
  }

  private again(inMs: number): void {
    clearTimeout(this.next);
    this.next = setTimeout(() => this.contained(() => this.load()), inMs).unref();
  }

  private loaded(fetched: FetchedText, since: number): void {
    if (this.isStopped) return;
    const now = this.parts.now();
    const failure = this.take(fetched);
    this.loadingSince = null;
    this.isQuick = failure === null && now - since <= this.waitMs;
    this.failures = failure === null ? 0 : this.failures + 1;
    if (failure === null) this.loadedAt = now;
    else if (this.loadedAt !== null && now - this.loadedAt > STALE_MS) this.set.replace([]);
    const { refreshMs, onLoaded } = this.parts;
    const inMs = failure === null ? refreshMs : Math.min(refreshMs, FIRST_RETRY_MS * 2 ** (this.failures - 1));
    if (this.isOutdated) this.load();
    else this.again(inMs);
    onLoaded(failure);
  }

  /** Why the keys cannot be used, or null. */
  private take(fetched: FetchedText): string | null {
    if (!fetched.ok) return fetched.reason;
    const read = readKeys(fetched.text);
    if (!read.ok) return read.reason;
    // An issuer may take all of its keys back.
    this.set.replace(read.keys);
    return read.keys.length === 0 ? 'has no key that signatures can be verified with' : null;
  }
}
