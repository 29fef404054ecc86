import { useEffect, useReducer, useRef } from 'preact/hooks';
import { useValue } from '../live/observable.ts';
import { command } from '../live/requests.ts';
import { noteEnd, session } from '../live/session.ts';
import type { PreviewView, RolloutView } from '../views.ts';
import { actWords } from './act-words.ts';
import { type Acting, type ActingEvent, act, CLOSED, isOpen } from './acting.ts';
import { previewAsked } from './draft.ts';
import { leaveDeed } from './left-deeds.ts';
import { forgetDeed, type SentDeed, sendDeed } from './sent-deed.ts';
import { findDeed, sinceOf } from './since-version.ts';

const TYPING_MS = 300;
/** A changed question stands for so long before it can be answered. */
const SETTLES_MS = 1_000;

/** The dialog's state, with the requests that it calls for. */
export function useActing(rollout: RolloutView): [Acting, (event: ActingEvent) => void] {
  const [state, dispatch] = useReducer(act, CLOSED);
  const who = useValue(session);
  const { id, route, version } = rollout;
  const by = who.kind === 'signed-in' || who.kind === 'ended' ? who.me.name : '';
  const turn = isOpen(state) ? state.turn : 0;
  const hadPreview = useRef(false);
  const underWay = useRef<SentDeed | null>(null);
  const last = useRef(state);

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
      noteEnd(reply);
      if (!isOver) dispatch({ kind: 'previewed', turn, reply });
    }
    async function send() {
      if (state.kind !== 'sending') return;
      const { draft, reason, preview } = state;
      const words = actWords(draft, rollout);
      underWay.current = sendDeed({
        rollout: { id, route },
        words,
        sent: { draft, reason, version: preview.version, by },
      });
      const reply = await underWay.current.reply;
      dispatch({ kind: 'answered', turn, at: Date.now(), reply });
    }
    async function find() {
      if (state.kind !== 'unknown') return;
      const sent = { draft: state.draft, reason: state.reason, version: state.preview.version, by };
      const seen = await findDeed(id, sent, () => isOver);
      if (seen !== null) dispatch({ kind: 'found', turn, at: Date.now(), ...seen });
    }
  }, [state.kind, turn]);

  useEffect(() => {
    if (!isOpen(state)) hadPreview.current = false;
    if (state.kind !== 'moved') return;
    const timer = setTimeout(() => dispatch({ kind: 'settled' }), SETTLES_MS);
    return () => clearTimeout(timer);
  }, [state.kind]);

  useEffect(() => {
    const before = last.current;
    last.current = state;
    const deed = underWay.current;
    if (deed === null || state.kind === 'sending' || state.kind === 'unknown') return;
    underWay.current = null;
    // Who closes the dialog before the state has said anything is told elsewhere.
    if (state.kind === 'closed' && before.kind === 'unknown' && before.found === null) leaveDeed(deed);
    else forgetDeed(deed);
  }, [state]);
  useEffect(
    () => () => {
      if (underWay.current !== null) leaveDeed(underWay.current);
    },
    [],
  );

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
