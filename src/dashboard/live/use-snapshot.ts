import { useEffect, useState } from 'preact/hooks';
import type { FeedEvent } from './event-lines.ts';
import { useValue } from './observable.ts';
import { ask } from './requests.ts';
import { session, signedOut, stream } from './session.ts';
import { Snapshot, type SnapshotState } from './snapshot.ts';

const NOTHING: SnapshotState<never> = { data: null, readAt: null, trouble: null };

export interface LiveData<Data> extends SnapshotState<Data> {
  /** Reads it again, for whoever has changed it. */
  readonly refresh: () => void;
}

/**
 * What `path` of the API says, kept up to date by the stream. `concerns` says which events change it; it is taken from the first
 * drawing with a path, and may depend on the path alone.
 */
export function useSnapshot<Data>(path: string, concerns: (event: FeedEvent) => boolean): LiveData<Data> {
  const who = useValue(session);
  const [snapshot, setSnapshot] = useState<Snapshot<Data> | null>(null);
  const isIn = who.kind === 'signed-in';

  useEffect(() => {
    if (!isIn) return;
    const made = new Snapshot<Data>({
      read: async () => {
        const answer = await ask<Data>(path);
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
    setSnapshot(made);
    return () => {
      leave();
      made.end();
      // What somebody else may not read is gone from the page with their session.
      setSnapshot(null);
    };
  }, [path, isIn]);

  const state = useSnapshotState(snapshot);
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
