import { useEffect, useState } from 'preact/hooks';
import type { FeedEvent } from './event-lines.ts';
import { useValue } from './observable.ts';
import { type ApiReply, ask } from './requests.ts';
import { session, signedOut, stream } from './session.ts';
import { Snapshot, type SnapshotState } from './snapshot.ts';

const NOTHING: SnapshotState<never> = { data: null, readAt: null, trouble: null };

interface Shown<Data> {
  readonly of: string;
  readonly snapshot: Snapshot<Data> | null;
}

export interface SnapshotOptions<Data> {
  /** Reads it; one request when omitted. Taken from the first drawing with a path. */
  readonly read?: (path: string) => Promise<ApiReply<Data>>;
  /** Reads again after this time without any event, for what time alone changes. */
  readonly everyMs?: number;
}

export interface LiveData<Data> extends SnapshotState<Data> {
  /** Reads it again, for whoever has changed it. */
  readonly refresh: () => void;
}

/**
 * What `path` of the API says, kept up to date by the stream. `concerns` says which events change it; it is taken from the first
 * drawing with a path, and may depend on the path alone.
 */
export function useSnapshot<Data>(
  path: string,
  concerns: (event: FeedEvent) => boolean,
  { read = ask, everyMs }: SnapshotOptions<Data> = {},
): LiveData<Data> {
  const who = useValue(session);
  const [{ of, snapshot }, setShown] = useState<Shown<Data>>({ of: path, snapshot: null });
  const { kind } = who;

  useEffect(() => {
    // What somebody else may not read is gone from the page once somebody has signed out; a session that ended leaves it.
    if (of !== path || kind === 'signed-out') setShown({ of: path, snapshot: null });
    if (kind !== 'signed-in') return;
    const made = new Snapshot<Data>({
      ...(of === path && snapshot !== null ? { first: { ...snapshot.state.value, trouble: null } } : {}),
      read: async () => {
        const answer = await read(path);
        if (answer.kind === 'refused' && answer.status === 401) signedOut();
        return answer;
      },
      concerns,
      now: () => performance.now(),
      later: (run, ms) => {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
    });
    const leave = stream.subscribe((event) => made.take(event));
    setShown({ of: path, snapshot: made });
    return () => {
      leave();
      made.end();
    };
  }, [path, kind]);

  useEffect(() => {
    if (snapshot === null || everyMs === undefined) return;
    const timer = setInterval(() => snapshot.refresh(), everyMs);
    return () => clearInterval(timer);
  }, [snapshot, everyMs]);

  const state = useSnapshotState(of === path ? snapshot : null);
  return { ...state, refresh: () => snapshot?.refresh() };
}

function useSnapshotState<Data>(snapshot: Snapshot<Data> | null): SnapshotState<Data> {
  const [state, setState] = useState<SnapshotState<Data>>(NOTHING);
  useEffect(() => {
    if (snapshot === null) return setState(NOTHING);
    const show = () => setState(snapshot.state.value);
    show();
    return snapshot.state.watch(show);
  }, [snapshot]);
  return state;
}
