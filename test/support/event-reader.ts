import { inTime } from './in-time.ts';

/** One server-sent event; a comment has the kind `comment`. */
export interface ReadEvent {
  readonly id: string;
  readonly kind: string;
  readonly data: Record<string, unknown>;
}

/** Reads a stream of server-sent events piece by piece. */
export interface EventReader {
  readonly answer: Response;
  /** Everything so far. */
  readonly events: readonly ReadEvent[];
  /** Reads on until what was read satisfies the condition; fails after some seconds, or when the stream ends. */
  until(what: string, isThere: (events: readonly ReadEvent[]) => boolean, forMs?: number): Promise<void>;
  /** Reads on until the stream ends. */
  ended(forMs?: number): Promise<void>;
  close(): Promise<void>;
}

export function readEvents(answer: Response): EventReader {
  if (!answer.body) throw new Error('the answer has no body');
  const reader = answer.body.getReader();
  const decoder = new TextDecoder();
  const events: ReadEvent[] = [];
  let rest = '';

  async function more(): Promise<boolean> {
    const { done, value } = await reader.read();
    if (done) return false;
    rest += decoder.decode(value, { stream: true });
    const frames = rest.split('\n\n');
    rest = frames.pop() ?? '';
    events.push(...frames.map(eventIn));
    return true;
  }

  return {
    answer,
    events,
    async until(what, isThere, forMs = 10_000) {
      const there = async () => {
        while (!isThere(events)) if (!(await more())) throw new Error(`the stream ended before ${what}`);
      };
      await inTime(what, forMs, there());
    },
    async ended(forMs = 10_000) {
      const all = async () => {
        while (await more());
      };
      await inTime('the end of the stream', forMs, all());
    },
    // The connection may be broken already.
    close: () => reader.cancel().catch(() => undefined),
  };
}

function eventIn(frame: string): ReadEvent {
  if (frame.startsWith(':')) return { id: '', kind: 'comment', data: {} };
  const fields = new Map(frame.split('\n').map((line) => line.split(/: (.*)/s, 2) as [string, string]));
  const data = JSON.parse(fields.get('data') ?? '') as Record<string, unknown>;
  return { id: fields.get('id') ?? '', kind: fields.get('event') ?? '', data };
}
