/** One event of the stream (docs/control-api.md, Events). */
export interface FeedEvent {
  readonly id: string;
  readonly kind: string;
  readonly data: {
    readonly id?: string;
    readonly route?: string | null;
    readonly rolloutId?: string | null;
    readonly feed?: string;
    readonly [field: string]: unknown;
  };
}

/** Reads server-sent events (HTML Living Standard, 9.2.6) out of the pieces of a stream; comments are left out. */
export class EventLines {
  private rest = '';

  /** The events that are whole with this piece. */
  take(piece: string): readonly FeedEvent[] {
    const frames = (this.rest + piece).split('\n\n');
    this.rest = frames.pop() ?? '';
    return frames.flatMap((frame) => eventOf(frame) ?? []);
  }
}

function eventOf(frame: string): FeedEvent | null {
  const fields = new Map<string, string>();
  for (const line of frame.split('\n')) {
    // By hand: in a pattern, a dot stops at U+2028, which JSON lets stand.
    const colon = line.indexOf(':');
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1).replace(/^ /, ''));
  }
  const [id, kind, data] = [fields.get('id'), fields.get('event'), fields.get('data')];
  if (id === undefined || kind === undefined || data === undefined) return null;
  return { id, kind, data: JSON.parse(data) };
}
