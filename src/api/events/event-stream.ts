import type { EventFeed, FedEvent } from '../control.ts';

/** How often a quiet stream shows that it lives, and its reader that it may still read. */
export const PING_MS = 15_000;
/** Events that a reader has not taken, in bytes: one that is further behind reads nothing any more, or far too slowly. */
const MOST_BEHIND_BYTES = 1024 * 1024;
/** What is held for a reader beside its socket. */
const CHUNK_BYTES = 64 * 1024;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface StreamParts {
  readonly feed: EventFeed;
  readonly lastEventId: string | null;
  /** Whether the reader may see what is told of a route. */
  readonly shows: (route: string) => boolean;
  /** How long its token lasts; null for ever. */
  readonly lastsMs: number | null;
  /** Whether the reader's token still lets it read. */
  readonly mayRead: () => Promise<boolean>;
  /** Breaks the connection of a reader that takes nothing, and so sees no end. */
  readonly breakOff: () => void;
  /** Called once, however it ends. */
  readonly onEnd: () => void;
}

/**
 * The feed as server-sent events, written only as fast as they are read. It ends with the feed, when the reader leaves or may
 * not read any more, and when it is too far behind.
 */
export function eventStream({
  feed,
  lastEventId,
  shows,
  lastsMs,
  mayRead,
  breakOff,
  onEnd,
}: StreamParts): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let resume: (() => void) | null = null;
  let isPingDue = false;
  let isOver = false;

  const wake = () => {
    resume?.();
    resume = null;
  };
  const reading = feed.open(lastEventId, {
    published: () => (reading.behindBytes() > MOST_BEHIND_BYTES ? end() : wake()),
    ended: () => end(),
  });
  const timer = setInterval(() => void ping(), PING_MS).unref();

  // A longer time would be none for a timer, and is noticed by the next ping.
  const expiry = lastsMs !== null && lastsMs < LONGEST_TIMER_MS ? setTimeout(() => end(), lastsMs).unref() : undefined;

  const close = () => {
    if (isOver) return;
    isOver = true;
    clearInterval(timer);
    clearTimeout(expiry);
    reading.close();
    onEnd();
  };
  const end = () => {
    if (isOver) return;
    close();
    if (resume === null) breakOff();
    else wake();
  };
  const ping = async () => {
    // While nobody can say, nobody reads: the database is away, and the reader comes back when it answers.
    if (!(await mayRead().catch(() => false))) return end();
    isPingDue = true;
    wake();
  };
  const next = (): string | null => {
    for (let events = reading.take(CHUNK_BYTES); events.length > 0; events = reading.take(CHUNK_BYTES)) {
      const shown = events.filter(({ route }) => route === null || shows(route));
      if (shown.length > 0) return shown.map(frameOf).join('');
    }
    if (!isPingDue) return null;
    isPingDue = false;
    return ':\n\n';
  };

  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        while (!isOver) {
          const text = next();
          if (text !== null) return controller.enqueue(encoder.encode(text));
          await new Promise<void>((resolve) => {
            resume = resolve;
          });
        }
        controller.close();
      },
      cancel: close,
    },
    { highWaterMark: 0 },
  );
}

function frameOf({ id, kind, json }: FedEvent): string {
  return `id: ${id}\nevent: ${kind}\ndata: ${json}\n\n`;
}
