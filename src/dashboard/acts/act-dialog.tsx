import { Modal } from '../modal.tsx';
import type { RolloutView } from '../views.ts';
import { said } from '../words/said.ts';
import { ActFields } from './act-fields.tsx';
import { ActNotice, ActObjection, ActUnknown } from './act-notices.tsx';
import { actWords, keepWords } from './act-words.ts';
import type { Acting, ActingEvent } from './acting.ts';
import { draftOf } from './draft.ts';

interface ActDialogProps {
  readonly state: Exclude<Acting, { readonly kind: 'closed' | 'done' }>;
  readonly rollout: RolloutView;
  /** As whom it is done. */
  readonly by: string;
  readonly dispatch: (event: ActingEvent) => void;
}

const MOST_REASON = 500;

/** The question before an act: what would happen, told by the server, and why it is done, told by the reader. */
export function ActDialog({ state, rollout, by, dispatch }: ActDialogProps) {
  const { draft, reason, preview, notice, objection, kind } = state;
  const { question, confirm } = actWords(draft, rollout);
  const isDanger = draft.verb === 'rollback' || draft.verb === 'abort';
  const submit = (event: Event) => {
    event.preventDefault();
    dispatch({ kind: 'confirmed' });
  };
  const cancel = () => dispatch({ kind: 'cancelled' });
  const canAbort =
    draft.verb === 'rollback' && rollout.acts.some((act) => act.verb === 'abort' && act.refused === null);
  const isAnew = notice !== null && notice.kind !== 'signed-out';
  return (
    <Modal titleId="act-question" onCancel={cancel}>
      <form onSubmit={submit} aria-busy={kind === 'previewing' || kind === 'sending'}>
        <h2 id="act-question">{question}</h2>
        {notice !== null && <ActNotice notice={notice} />}
        {kind === 'unknown' ? (
          <ActUnknown state={state} route={rollout.route} />
        ) : (
          <>
            <ActFields
              draft={draft}
              view={rollout}
              objection={objection}
              onFill={(field, value) => dispatch({ kind: 'filled', field, value })}
            />
            {preview === null && kind === 'previewing' && <p class="soft">What it would do is being asked …</p>}
            {preview !== null && objection === null && (
              <ul class={kind === 'previewing' ? 'is-stale' : undefined}>
                {preview.says.map((sentence) => (
                  <li key={sentence}>{said(sentence)}</li>
                ))}
              </ul>
            )}
            {objection !== null && !isAtField(objection.field) && <ActObjection objection={objection} />}
            <label for="act-reason">
              Why <span class="soft">(kept in the audit)</span>
            </label>
            <textarea
              id="act-reason"
              required
              autofocus
              maxLength={MOST_REASON}
              value={reason}
              readOnly={kind === 'sending'}
              aria-invalid={objection?.field === 'reason'}
              onInput={(event) => dispatch({ kind: 'reasoned', reason: event.currentTarget.value })}
            />
            {objection?.field === 'reason' && <p class="harm">{objection.detail}</p>}
          </>
        )}
        <div class="row">
          {kind === 'unknown' || (kind === 'refused' && !isAtField(objection?.field ?? null)) ? (
            <button type="button" onClick={() => dispatch({ kind: 'asked-again' })}>
              Ask anew
            </button>
          ) : (
            <button type="submit" class={isDanger ? 'danger solid' : undefined} disabled={kind !== 'asking'}>
              {kind === 'sending' ? 'Being done …' : `${confirm}${isAnew ? ' all the same' : ''}`}
            </button>
          )}
          <button type="button" class="quiet" disabled={kind === 'sending'} onClick={cancel}>
            {kind === 'unknown' ? 'Close' : keepWords(draft, rollout, rollout.active)}
            <kbd>Esc</kbd>
          </button>
          <span class="soft small">
            {preview !== null && `as of version ${preview.version}, `}by {by}
          </span>
          {canAbort && kind !== 'unknown' && (
            <button
              type="button"
              class="quiet small"
              disabled={kind === 'sending'}
              onClick={() => dispatch({ kind: 'opened', draft: draftOf('abort', rollout), version: rollout.version })}
            >
              Abort instead
            </button>
          )}
        </div>
      </form>
    </Modal>
  );
}

const isAtField = (field: string | null) =>
  field !== null && ['weight', 'by', 'check', 'gate', 'reason'].includes(field);
