import { EventLines, type FeedEvent } from './event-lines.ts';
import { Observable } from './observable.ts';

/** How the stream of events stands; times are epoch ms by the reader's clock. */
export interface StreamState {
  /** `off`: not wanted, because nobody is signed in. */
  readonly kind: 'off' | 'connecting' | 'live' | 'lost';
  /** When anything was last heard; null before the first time. */
  readonly heardAt: number | null;
  /** When it is tried again, while it is lost. */
  readonly retryAt: number | null;
}

/** The server writes every 15 s: whoever hears nothing for longer is not connected, whatever the socket says. */
const SILENCE_MS = 20_000;
/** Whether what is shown may be old: nothing was heard for longer than a living stream is silent. */
export function hasGoneStale({ kind, heardAt }: StreamState, now: number): boolean {
  return kind !== 'off' && heardAt !== null && now - heardAt > SILENCE_MS;
}

const FIRST_BACK_OFF_MS = 1_000;
const MOST_BACK_OFF_MS = 30_000;

/**
 * The one stream of events of this page. It is read with fetch and not by EventSource, which hides the comments that tell a quiet
 * stream from a dead one.
 */
export class LiveStream {
  readonly state = new Observable<StreamState>({ kind: 'off', heardAt: null, retryAt: null });
  private readonly takers = new Set<(event: FeedEvent) => void>();
  private readonly onRefused: (status: number) => void;
  private lastId: string | null = null;
  private backOffMs = FIRST_BACK_OFF_MS;
  private attempt: AbortController | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `onRefused` is called with 401 where nobody is signed in any more. */
  constructor(onRefused: (status: number) => void) {
    this.onRefused = onRefused;
  }

  subscribe(take: (event: FeedEvent) => void): () => void {
    this.takers.add(take);
    return () => this.takers.delete(take);
  }

  /** Connects now, whether or not it is waiting to. */
  connect(): void {
    this.close();
    const attempt = new AbortController();
    this.attempt = attempt;
    this.state.set({ ...this.state.value, kind: 'connecting', retryAt: null });
    this.hearWithin(attempt);
    this.read(attempt).then(
      () => this.lose(attempt),
      () => this.lose(attempt),
    );
  }

  stop(): void {
    this.close();
    this.lastId = null;
    this.state.set({ kind: 'off', heardAt: null, retryAt: null });
  }

  private async read(attempt: AbortController): Promise<void> {
    const headers: Record<string, string> = this.lastId === null ? {} : { 'last-event-id': this.lastId };
    const response = await fetch('/api/v1/events', { headers, signal: attempt.signal });
    if (response.status === 401) {
      this.stop();
      return this.onRefused(401);
    }
    if (!response.ok || response.body === null) return;
    const lines = new EventLines();
    const text = new TextDecoder();
    for (const reader = response.body.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done || attempt.signal.aborted) return;
      this.heard(attempt);
      for (const event of lines.take(text.decode(value, { stream: true }))) this.pass(event);
    }
  }

  private heard(attempt: AbortController): void {
    this.backOffMs = FIRST_BACK_OFF_MS;
    this.state.set({ kind: 'live', heardAt: Date.now(), retryAt: null });
    this.hearWithin(attempt);
  }

  private pass(event: FeedEvent): void {
    this.lastId = event.id;
    for (const take of this.takers) take(event);
  }

  private hearWithin(attempt: AbortController): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => attempt.abort(), SILENCE_MS);
  }

  private lose(attempt: AbortController): void {
    if (this.attempt !== attempt) return;
    this.close();
    this.state.set({ ...this.state.value, kind: 'lost', retryAt: Date.now() + this.backOffMs });
    this.timer = setTimeout(() => this.connect(), this.backOffMs);
    this.backOffMs = Math.min(MOST_BACK_OFF_MS, this.backOffMs * 2);
  }

  private close(): void {
    clearTimeout(this.timer);
    this.attempt?.abort();
    this.attempt = null;
  }
}
