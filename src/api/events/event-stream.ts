import type { EventFeed, FedEvent } from '../control.ts';

/** How often a quiet stream shows that it lives, and its reader that it may still read. */
export const PING_MS = 15_000;
/** Events that a reader has not taken, in bytes: one that is further behind reads nothing any more, or far too slowly. */
const MOST_BEHIND_BYTES = 1024 * 1024;
/** What is held for a reader beside its socket. */
const CHUNK_BYTES = 64 * 1024;

export interface StreamParts {
  readonly feed: EventFeed;
  readonly lastEventId: string | null;
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
export function eventStream({ feed, lastEventId, mayRead, breakOff, onEnd }: StreamParts): ReadableStream<Uint8Array> {
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

  const close = () => {
    if (isOver) return;
    isOver = true;
    clearInterval(timer);
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
    const events = reading.take(CHUNK_BYTES);
    if (events.length > 0) return events.map(frameOf).join('');
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
