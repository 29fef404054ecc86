import { Link } from '../address.tsx';
import { useValue } from '../live/observable.ts';
import { session } from '../live/session.ts';
import { rolloutPage } from '../paths.ts';
import { said } from '../words/said.ts';
import { ActFound } from './act-notices.tsx';
import { DoneWords } from './done-words.tsx';
import { dismissDeed, type LeftDeed, leftDeeds } from './left-deeds.ts';

/** Above every page: what came of the deeds whose page was left before that was told. Only for whoever did them. */
export function LeftDeedBars() {
  const who = useValue(session);
  const left = useValue(leftDeeds);
  const name = who.kind === 'signed-in' || who.kind === 'ended' ? who.me.name : null;
  return (
    <div class="noprint" role="status">
      {left
        .filter(({ deed }) => deed.sent.by === name)
        .map(({ deed, state }) => (
          <div key={deed.key} class={state.kind === 'done' || state.kind === 'sending' ? 'bar' : 'bar bad'}>
            <div class="wrap">
              <div>
                <Link to={rolloutPage(deed.rollout.id)}>{said(deed.rollout.route)}</Link>:{' '}
                <Outcome deed={deed} state={state} />
              </div>
              {state.kind !== 'sending' && (
                <button type="button" onClick={() => dismissDeed(deed)}>
                  Close
                </button>
              )}
            </div>
          </div>
        ))}
    </div>
  );
}

function Outcome({ deed: { rollout, words, sent }, state }: LeftDeed) {
  switch (state.kind) {
    case 'sending':
      return <>“{words.confirm}” is being done; no answer has come so far.</>;
    case 'done':
      return <DoneWords at={state.at} did={words.did} after={state.after} rolloutId={rollout.id} />;
    case 'too-late':
      return (
        <>
          <b>Nothing was done</b> by “{words.confirm}”: the rollout had changed since you were asked.
        </>
      );
    case 'signed-out':
      return (
        <>
          <b>Nothing was done</b> by “{words.confirm}”: the session had ended.
        </>
      );
    case 'refused':
      return (
        <>
          <b>Nothing was done</b> by “{words.confirm}”: {said(state.reply.detail)}
        </>
      );
    case 'unknown':
      return (
        <>
          <b>It is not known whether “{words.confirm}” was done:</b> {said(state.detail)}. It is not sent again by
          itself. <ActFound found={state.found} at={state.at} route={rollout.route} version={sent.version} />
        </>
      );
  }
}
