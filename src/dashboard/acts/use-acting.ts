import { useEffect, useReducer, useRef } from 'preact/hooks';
import { useValue } from '../live/observable.ts';
import { ask, command } from '../live/requests.ts';
import { session, signedOut } from '../live/session.ts';
import type { AuditView, PreviewView, RolloutView } from '../views.ts';
import { type Acting, type ActingEvent, act, CLOSED, isOpen } from './acting.ts';
import { deedPosted, previewAsked } from './draft.ts';
import { foundIn, type SinceVersion } from './found.ts';

const TYPING_MS = 300;
/** A changed question stands for so long before it can be answered. */
const SETTLES_MS = 1_000;
const AGAIN_MS = 2_000;

/** The dialog's state, with the requests that it calls for. */
export function useActing(rollout: RolloutView): [Acting, (event: ActingEvent) => void] {
  const [state, dispatch] = useReducer(act, CLOSED);
  const who = useValue(session);
  const { id, version } = rollout;
  const turn = isOpen(state) ? state.turn : 0;
  const hadPreview = useRef(false);

  useEffect(() => dispatch({ kind: 'seen', version }), [version]);
  useEffect(() => {
    if (who.kind === 'signed-in') dispatch({ kind: 'signed-in' });
  }, [who.kind]);

  useEffect(() => {
    let isOver = false;
    const stop = () => {
      isOver = true;
    };
    if (state.kind === 'previewing') {
      // The first question is asked at once; what is being typed is waited for.
      const timer = setTimeout(() => void preview(), hadPreview.current ? TYPING_MS : 0);
      hadPreview.current = true;
      return () => {
        clearTimeout(timer);
        stop();
      };
    }
    if (state.kind === 'sending') void send();
    if (state.kind === 'unknown') void find();
    return stop;

    async function preview() {
      if (state.kind !== 'previewing') return;
      const reply = await command<PreviewView>('POST', `/rollouts/${id}/preview`, previewAsked(state.draft));
      noteSession(reply);
      if (!isOver) dispatch({ kind: 'previewed', turn, reply });
    }
    async function send() {
      if (state.kind !== 'sending') return;
      const { path, body } = deedPosted(state.draft, state.reason);
      const reply = await command<RolloutView>('POST', `/rollouts/${id}${path}`, body, state.preview.version);
      noteSession(reply);
      dispatch({ kind: 'answered', turn, at: Date.now(), reply });
    }
    async function find() {
      if (state.kind !== 'unknown') return;
      const by = who.kind === 'signed-in' || who.kind === 'ended' ? who.me.name : '';
      const sent = { draft: state.draft, reason: state.reason, version: state.preview.version, by };
      const since = await sinceOf(id, sent.version, () => isOver);
      if (since === null) return;
      const latest = sent.draft.verb === 'retry' ? await latestOf(since.view.route) : null;
      const found = foundIn(sent, since, latest);
      dispatch({ kind: 'found', turn, at: Date.now(), found, version: since.view.version });
    }
  }, [state.kind, turn]);

  useEffect(() => {
    if (!isOpen(state)) hadPreview.current = false;
    if (state.kind !== 'moved') return;
    const timer = setTimeout(() => dispatch({ kind: 'settled' }), SETTLES_MS);
    return () => clearTimeout(timer);
  }, [state.kind]);

  const untold =
    isOpen(state) && state.notice !== null && state.notice.kind !== 'signed-out' && state.notice.by === null
      ? state.notice
      : null;
  useEffect(() => {
    if (untold === null) return;
    let isOver = false;
    void sinceOf(id, untold.from, () => isOver).then((since) => {
      if (since !== null) dispatch({ kind: 'told', since: untold.from, entries: since.entries });
    });
    return () => {
      isOver = true;
    };
  }, [untold]);

  return [state, dispatch];
}

function noteSession(reply: { readonly kind: string; readonly status?: number }): void {
  if (reply.kind === 'refused' && reply.status === 401) signedOut();
}

/** Asks until Serin answers. Null where nobody waits for it any more. */
async function sinceOf(id: string, version: number, isOver: () => boolean): Promise<SinceVersion | null> {
  while (!isOver()) {
    const since = await readSince(id, version);
    if (since !== null) return since;
    await new Promise((done) => setTimeout(done, AGAIN_MS));
  }
  return null;
}

/** The entries of an audit have no versions, but each is one: as many as the rollout has moved on are since then. Null: no answer. */
async function readSince(id: string, version: number): Promise<SinceVersion | null> {
  for (;;) {
    const before = await ask<RolloutView>(`/rollouts/${id}`);
    const audit = await ask<readonly AuditView[]>(`/rollouts/${id}/audit?limit=100`);
    const after = await ask<RolloutView>(`/rollouts/${id}`);
    noteSession(after);
    if (before.kind !== 'ok' || audit.kind !== 'ok' || after.kind !== 'ok') return null;
    if (before.data.version === after.data.version) {
      return { view: after.data, entries: audit.data.slice(0, Math.max(0, after.data.version - version)) };
    }
  }
}

async function latestOf(route: string): Promise<RolloutView | null> {
  const reply = await ask<readonly RolloutView[]>(`/rollouts?route=${encodeURIComponent(route)}&limit=1`);
  return reply.kind === 'ok' ? (reply.data[0] ?? null) : null;
}
