import { useEffect, useRef, useState } from 'preact/hooks';
import { useKeys } from '../keys/use-keys.ts';
import { useValue } from '../live/observable.ts';
import { session } from '../live/session.ts';
import type { RolloutView } from '../views.ts';
import { ActDialog } from './act-dialog.tsx';
import { ActMenu } from './act-menu.tsx';
import { actWords, VERB_NAMES } from './act-words.ts';
import { isOpen } from './acting.ts';
import { offeredTo } from './bar.ts';
import { DoneWords } from './done-words.tsx';
import { type ActVerb, draftOf } from './draft.ts';
import { useActing } from './use-acting.ts';

interface RolloutActsProps {
  readonly rollout: RolloutView;
  /** Called when something was done: what is shown is old. */
  readonly onDone: () => void;
}

const KEYS: Readonly<Partial<Record<ActVerb, string>>> = { pause: 'p', resume: 'p', advance: 'a', rollback: 'r' };

/** Everything by which a person acts on a rollout: buttons, keys, and the question before each. */
export function RolloutActs({ rollout, onDone }: RolloutActsProps) {
  const who = useValue(session);
  const [state, dispatch] = useActing(rollout);
  const [isMenuOpen, setMenuOpen] = useState(false);
  const me = who.kind === 'signed-in' || who.kind === 'ended' ? who.me : null;
  const isDone = state.kind === 'done';
  const outcome = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    if (!isDone) return;
    // The button that was pressed may go with what it did.
    outcome.current?.focus();
    onDone();
  }, [isDone]);
  const offered = offeredTo(me ?? { roles: [], verbs: [] }, rollout);
  const { bar, more, refused, missing } = offered;
  const open = (verb: ActVerb) => {
    setMenuOpen(false);
    dispatch({ kind: 'opened', draft: draftOf(verb, rollout), version: rollout.version });
  };
  useKeys([
    ...bar.flatMap((verb) => {
      const key = KEYS[verb];
      return key === undefined ? [] : [{ key, does: `ask: ${VERB_NAMES[verb].toLowerCase()}`, run: () => open(verb) }];
    }),
    ...(bar.length + more.length > 0
      ? [{ key: 'm', does: 'what else may be done', run: () => setMenuOpen(true) }]
      : []),
  ]);
  if (me === null) return null;
  // Nothing is offered to anybody.
  if (rollout.acts.length === 0 && !isDone && !isOpen(state)) return null;
  if (bar.length + more.length + refused.length === 0 && rollout.acts.length > 0) {
    return (
      <p class="soft small acts-none">
        You may look. To act, ask for a token{' '}
        {missing.length > 0 ? `of the role ${missing.join(' or ')}` : 'with more verbs'}.
      </p>
    );
  }
  const buttonOf = (verb: ActVerb, solid: 'solid' | '') => (
    <button
      key={verb}
      type="button"
      class={verb === 'rollback' ? `danger ${solid}` : undefined}
      aria-haspopup="dialog"
      onClick={() => open(verb)}
    >
      {actWords(draftOf(verb, rollout), rollout).button}
      {KEYS[verb] !== undefined && <kbd>{KEYS[verb]}</kbd>}
    </button>
  );
  const moreButton = rollout.acts.length > 0 && (
    <button key="more" type="button" aria-haspopup="dialog" onClick={() => setMenuOpen(true)}>
      More<kbd>m</kbd>
    </button>
  );
  const first = bar.find((verb) => verb !== 'rollback');
  return (
    <>
      <div class="actions noprint">
        {bar.filter((verb) => verb !== 'rollback').map((verb) => buttonOf(verb, ''))}
        {moreButton}
        {bar.includes('rollback') && buttonOf('rollback', '')}
      </div>
      <p class="acted" role="status" tabIndex={-1} ref={outcome}>
        {state.kind === 'done' && (
          <DoneWords
            at={state.at}
            did={actWords(state.draft, rollout).did}
            after={state.after}
            rolloutId={rollout.id}
          />
        )}
      </p>
      <div class="phonebar noprint">
        {first !== undefined && buttonOf(first, '')}
        {moreButton}
        {bar.includes('rollback') && buttonOf('rollback', 'solid')}
      </div>
      {isMenuOpen && (
        <ActMenu offered={offered} rollout={rollout} onChoose={open} onCancel={() => setMenuOpen(false)} />
      )}
      {isOpen(state) && <ActDialog state={state} rollout={rollout} by={me.name} dispatch={dispatch} />}
    </>
  );
}
