import { EventLines, type FeedEvent } from './event-lines.ts';
import { Observable } from './observable.ts';

/** How the stream of events stands. */
export interface StreamState {
  /** `off`: not wanted, because nobody is signed in. */
  readonly kind: 'off' | 'connecting' | 'live' | 'lost';
  /** When anything was last heard, or first asked for, by the reader's clock, epoch ms: for people, who may set it. Null while off. */
  readonly heardAt: number | null;
  /** The same by a clock that is never set, ms. */
  readonly quietSince: number;
  /** Why the server refused it, where it did. */
  readonly refusal: string | null;
}

/** The server writes every 15 s: whoever hears nothing for longer is not connected, whatever the socket says. */
const SILENCE_MS = 20_000;
/** Whether what is shown may be old: nothing was heard for longer than a living stream is silent. */
export function hasGoneStale({ kind, heardAt, quietSince }: StreamState): boolean {
  if (kind === 'off' || heardAt === null) return false;
  // The one stands still while a laptop sleeps, the other can be set back.
  return Math.max(performance.now() - quietSince, Date.now() - heardAt) > SILENCE_MS;
}

const OFF: StreamState = { kind: 'off', heardAt: null, quietSince: 0, refusal: null };

const FIRST_BACK_OFF_MS = 1_000;
const MOST_BACK_OFF_MS = 30_000;

/**
 * The one stream of events of this page. It is read with fetch and not by EventSource, which hides the comments that tell a quiet
 * stream from a dead one.
 */
export class LiveStream {
  readonly state = new Observable<StreamState>(OFF);
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
    const { value } = this.state;
    // What is on the page was read at about the time of the first attempt.
    const asked = value.heardAt === null ? { heardAt: Date.now(), quietSince: performance.now() } : {};
    this.state.set({ ...value, ...asked, kind: 'connecting' });
    this.hearWithin(attempt);
    this.read(attempt).then(
      () => this.lose(attempt),
      () => this.lose(attempt),
    );
  }

  /** Called when Serin has answered another request: a stream that could not reach it need not wait any longer. */
  serinAnswered(): void {
    const { kind, refusal } = this.state.value;
    if (kind === 'lost' && refusal === null) this.connect();
  }

  stop(): void {
    this.close();
    this.lastId = null;
    this.state.set(OFF);
  }

  private async read(attempt: AbortController): Promise<void> {
    const headers: Record<string, string> = this.lastId === null ? {} : { 'last-event-id': this.lastId };
    const response = await fetch('/api/v1/events', { headers, signal: attempt.signal });
    if (response.status === 401) {
      this.stop();
      return this.onRefused(401);
    }
    const contentType = response.headers.get('content-type') ?? '';
    // Something else answered, or there are too many streams: it is tried again, ever more rarely.
    if (!response.ok || response.body === null || !contentType.startsWith('text/event-stream')) {
      this.state.set({ ...this.state.value, refusal: await refusalOf(response) });
      return;
    }
    const lines = new EventLines();
    const text = new TextDecoder();
    let isGreeted = false;
    for (const reader = response.body.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done || attempt.signal.aborted) return;
      const events = lines.take(text.decode(value, { stream: true }));
      isGreeted ||= events.some(({ kind }) => kind === 'hello');
      if (isGreeted) this.heard(attempt);
      for (const event of events) this.pass(event);
    }
  }

  private heard(attempt: AbortController): void {
    this.backOffMs = FIRST_BACK_OFF_MS;
    this.state.set({ kind: 'live', heardAt: Date.now(), quietSince: performance.now(), refusal: null });
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
    this.state.set({ ...this.state.value, kind: 'lost' });
    this.timer = setTimeout(() => this.connect(), this.backOffMs);
    this.backOffMs = Math.min(MOST_BACK_OFF_MS, this.backOffMs * 2);
  }

  private close(): void {
    clearTimeout(this.timer);
    this.attempt?.abort();
    this.attempt = null;
  }
}

/** The sentence of a problem (RFC 9457), or that it was none. */
async function refusalOf(response: Response): Promise<string> {
  const body: unknown = await response.json().catch(() => null);
  const { detail } = (body ?? {}) as { readonly detail?: unknown };
  return typeof detail === 'string' ? detail : `an answer ${response.status} that is no stream of Serin's`;
}
