import { Problem } from '../../problem/problem.ts';
import type { ChangeEvent } from './change-event.ts';

/** The events that are kept for readers that come back. */
export interface FeedBounds {
  readonly events: number;
  /** Of their JSON. */
  readonly bytes: number;
}

const BOUNDS: FeedBounds = { events: 1_000, bytes: 4 * 1024 * 1024 };

export interface FeedParts {
  /** Tells this process from every other, and from itself after a restart. */
  readonly boot: string;
  /** Epoch ms, for the greeting. */
  readonly now: () => number;
  readonly bounds?: FeedBounds;
}

/** One event as it is sent. */
export interface SentChange {
  /** Whoever gives it as the last that was read gets what follows it. */
  readonly id: string;
  readonly kind: ChangeEvent['kind'] | 'hello' | 'reset';
  /** Empty for what belongs to no route; null for what is for every reader. */
  readonly route: string | null;
  /** The data as JSON on one line. */
  readonly json: string;
}

/** Told what concerns one reader; neither may throw. */
export interface FeedWatcher {
  /** There is something to take. */
  published(): void;
  /** Nothing will be published any more. */
  ended(): void;
}

/** What one reader reads. It copies nothing: a reader that takes nothing holds no memory. */
export interface ChangeReading {
  /** The next events, oldest first: at most about so many bytes, but one where there is one. */
  take(mostBytes: number): readonly SentChange[];
  /** Bytes that were published since it was opened, and are not taken. */
  behindBytes(): number;
  close(): void;
}

interface Kept extends SentChange {
  readonly seq: number;
  /** Bytes published since the start, with this one. */
  readonly endBytes: number;
}

/** An id that no event has: whoever comes back with it gets a reset. */
const NOWHERE = '0.0';

/**
 * What was published last, in a ring, and who reads it. A reader that comes back with the id of the last event that it
 * read gets exactly what it missed, in order, or a reset where that cannot be told any more.
 */
export class Feed {
  private readonly parts: FeedParts;
  private readonly bounds: FeedBounds;
  private readonly kept: Kept[] = [];
  private readonly watchers = new Map<ChangeReading, FeedWatcher>();
  private seq = 0;
  private keptBytes = 0;
  private publishedBytes = 0;
  private isOver = false;

  constructor(parts: FeedParts) {
    this.parts = parts;
    this.bounds = parts.bounds ?? BOUNDS;
  }

  /** The id of the last event: everything up to there was committed before it was published. */
  position(): string {
    return this.idOf(this.seq);
  }

  /** How many read now. */
  readers(): number {
    return this.watchers.size;
  }

  publish({ kind, data }: ChangeEvent): void {
    const json = JSON.stringify(data);
    const id = this.idOf(this.seq + 1);
    const bytes = Buffer.byteLength(json);
    this.seq += 1;
    this.keptBytes += bytes;
    this.publishedBytes += bytes;
    this.kept.push({ seq: this.seq, id, kind, route: data.route, json, endBytes: this.publishedBytes });
    while (this.kept.length > this.bounds.events || this.keptBytes > this.bounds.bytes) this.dropOldest();
    for (const watcher of this.watchers.values()) watcher.published();
  }

  /** Something may not have been published: every reader gets a reset, also one that comes back later. */
  interrupt(): void {
    this.kept.length = 0;
    this.keptBytes = 0;
    this.seq += 1;
    for (const watcher of this.watchers.values()) watcher.published();
  }

  /**
   * Throws Problem('unavailable') once it has ended.
   *
   * @param after the id of the last event that was read; null for a reader that has read none
   */
  open(after: string | null, watcher: FeedWatcher): ChangeReading {
    if (this.isOver) throw new Problem('unavailable', 'This Serin is shutting down.');
    const known = after === null ? this.seq : this.seqOf(after);
    // Whoever is cut off between the greeting and the reset must not take the greeting for all that it missed.
    const greeting = this.greeting(known === null ? NOWHERE : this.idOf(known));
    const first = known === null ? [greeting, this.reset(UNKNOWN)] : [greeting];
    let last = known ?? this.seq;
    let coveredBytes = this.publishedBytes;
    const reading: ChangeReading = {
      take: (mostBytes) => {
        if (first.length > 0) return first.splice(0);
        if (last < this.oldest() - 1) {
          last = this.seq;
          coveredBytes = this.publishedBytes;
          return [this.reset(TOO_FAR_BEHIND)];
        }
        const next = this.following(last, mostBytes);
        const newest = next.at(-1);
        if (newest) {
          last = newest.seq;
          coveredBytes = Math.max(coveredBytes, newest.endBytes);
        }
        return next;
      },
      behindBytes: () => this.publishedBytes - coveredBytes,
      close: () => void this.watchers.delete(reading),
    };
    this.watchers.set(reading, watcher);
    return reading;
  }

  /** Ends every reader; nobody is let in any more. */
  end(): void {
    this.isOver = true;
    for (const watcher of this.watchers.values()) watcher.ended();
  }

  private following(seq: number, mostBytes: number): readonly Kept[] {
    const from = this.kept.length - (this.seq - seq);
    const before = this.publishedBytes - this.keptBytes;
    const startBytes = this.kept[from - 1]?.endBytes ?? before;
    let to = from + 1;
    while (to < this.kept.length && (this.kept[to]?.endBytes ?? 0) - startBytes <= mostBytes) to += 1;
    return this.kept.slice(from, to);
  }

  /** The number of the oldest event that is kept; of the next one while none is. */
  private oldest(): number {
    return this.seq - this.kept.length + 1;
  }

  private dropOldest(): void {
    const [dropped] = this.kept.splice(0, 1);
    if (dropped) this.keptBytes = this.publishedBytes - dropped.endBytes;
  }

  /** Null for an id of another process, of the future, or of an event after which some are gone. */
  private seqOf(id: string): number | null {
    const [, boot, number = ''] = /^(.*)\.(0|[1-9]\d{0,14})$/.exec(id) ?? [];
    const seq = Number(number);
    return boot === this.parts.boot && seq <= this.seq && seq >= this.oldest() - 1 ? seq : null;
  }

  private idOf(seq: number): string {
    return `${this.parts.boot}.${seq}`;
  }

  private greeting(id: string): SentChange {
    const data = { feed: this.position(), at: new Date(this.parts.now()).toISOString() };
    return { id, kind: 'hello', route: null, json: JSON.stringify(data) };
  }

  private reset(reason: string): SentChange {
    return { id: this.position(), kind: 'reset', route: null, json: JSON.stringify({ reason }) };
  }
}

const UNKNOWN = 'the events after that id are not known here: read everything again';
const TOO_FAR_BEHIND = 'events are missing that are not kept any more: read everything again';
