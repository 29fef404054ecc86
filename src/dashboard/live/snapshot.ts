import type { FeedEvent } from './event-lines.ts';
import { Observable } from './observable.ts';
import { covers, feedPosition, type Position } from './position.ts';
import type { ApiReply } from './requests.ts';

export interface SnapshotState<Data> {
  /** The last that was read; null before the first. */
  readonly data: Data | null;
  /** When it came, by the clock of `SnapshotParts.now`; in a page `performance.now()`. Null before the first. */
  readonly readAt: number | null;
  /** Why the last attempt brought nothing; null where it did. */
  readonly trouble: Exclude<ApiReply<Data>, { readonly kind: 'ok' }> | null;
}

export interface SnapshotParts<Data> {
  /** What is shown until the first reading: what was read before the session ended. */
  readonly first?: SnapshotState<Data>;
  readonly read: () => Promise<ApiReply<Data>>;
  /** Whether an event changes what is read. */
  readonly concerns: (event: FeedEvent) => boolean;
  readonly now: () => number;
  readonly later: (run: () => void, ms: number) => () => void;
}

/** At most one reading begins in this time, however much happens; the first begins at once. */
const LEAST_BETWEEN_MS = 1_000;
/** What takes long is read less often: a page of a thousand rollouts may not keep the server from its work. */
const LEAST_REST = 4;
/** But a slow link is no reason to show what is old. */
const MOST_REST_MS = 5_000;
/** After an attempt that brought nothing. */
const AGAIN_MS = 5_000;

/**
 * Something of the API that is read whole, and again when an event after its position concerns it. What was published while it was
 * read is looked at when it has come, so nothing is missed, and nothing is counted twice.
 */
export class Snapshot<Data> {
  readonly state: Observable<SnapshotState<Data>>;
  private readonly parts: SnapshotParts<Data>;
  private position: Position | null = null;
  private waiting: FeedEvent[] = [];
  private isReading = false;
  private isOver = false;
  private nextAt = Number.NEGATIVE_INFINITY;
  private cancelLater: (() => void) | null = null;

  constructor(parts: SnapshotParts<Data>) {
    this.parts = parts;
    this.state = new Observable(parts.first ?? { data: null, readAt: null, trouble: null });
    this.refresh();
  }

  take(event: FeedEvent): void {
    if (this.isReading) this.waiting.push(event);
    else if (this.outdates(event)) this.refresh();
  }

  /** Reads again, at once or as soon as the last reading is a second old, and four times as long as it took. */
  refresh(): void {
    if (this.isOver || this.isReading) return;
    this.cancelLater?.();
    this.cancelLater = null;
    const wait = this.nextAt - this.parts.now();
    if (wait <= 0) void this.read();
    else this.cancelLater = this.parts.later(() => this.refresh(), wait);
  }

  end(): void {
    this.isOver = true;
    this.cancelLater?.();
  }

  private async read(): Promise<void> {
    this.isReading = true;
    const begunAt = this.parts.now();
    const answer = await this.parts.read();
    const tookMs = this.parts.now() - begunAt;
    const restMs = Math.min(MOST_REST_MS, LEAST_REST * tookMs);
    this.nextAt = begunAt + Math.max(LEAST_BETWEEN_MS, tookMs + restMs);
    this.isReading = false;
    if (this.isOver) return;
    const missed = this.waiting;
    this.waiting = [];
    if (answer.kind === 'ok') {
      this.position = answer.position;
      this.state.set({ data: answer.data, readAt: this.parts.now(), trouble: null });
      if (missed.filter((event) => this.outdates(event)).length > 0) this.refresh();
      return;
    }
    const isForbidden = answer.kind === 'refused' && answer.status === 403;
    this.state.set({ ...(isForbidden ? { data: null, readAt: null } : this.state.value), trouble: answer });
    // Signed out, it is read again by whoever signs in; what is not there does not come by being asked for.
    if (answer.kind === 'refused' && answer.status < 500 && answer.status !== 429) return;
    this.cancelLater = this.parts.later(() => this.refresh(), AGAIN_MS);
  }

  /** Whether what was read is older than this event; if not, it is as good as read after it. */
  private outdates(event: FeedEvent): boolean {
    const at = feedPosition(event.id);
    if (event.kind === 'reset' || at === null || this.position === null || at.boot !== this.position.boot) return true;
    if (covers(this.position, at)) return false;
    if (event.kind === 'hello' || this.parts.concerns(event)) return true;
    this.position = at;
    return false;
  }
}
