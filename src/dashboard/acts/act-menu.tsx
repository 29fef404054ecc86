import { Glyph } from '../glyph.tsx';
import type { GlyphName } from '../glyph-name.ts';
import { Modal } from '../modal.tsx';
import type { RolloutView } from '../views.ts';
import { said } from '../words/said.ts';
import { actWords, VERB_NAMES } from './act-words.ts';
import type { Offered } from './bar.ts';
import { type ActVerb, draftOf } from './draft.ts';

const SIGN_OF: Readonly<Record<ActVerb, GlyphName>> = {
  pause: 'paused',
  resume: 'step',
  advance: 'step',
  promote: 'parity',
  rollback: 'harm',
  abort: 'quiet',
  weight: 'step',
  extend: 'step',
  skip: 'open',
  gate: 'check',
  rebase: 'dot',
  finalise: 'parity',
  retry: 'step',
};

interface ActMenuProps {
  readonly offered: Offered;
  readonly rollout: RolloutView;
  readonly onChoose: (verb: ActVerb) => void;
  readonly onCancel: () => void;
}

/** Everything that may be done, and why the rest may not. */
export function ActMenu({ offered: { bar, more, refused }, rollout, onChoose, onCancel }: ActMenuProps) {
  return (
    <Modal titleId="act-menu" onCancel={onCancel}>
      <h2 id="act-menu">
        What may be done with {rollout.canary.version} of {rollout.route}
      </h2>
      <ul class="act-list">
        {[...more, ...bar].map((verb) => (
          // On a phone most of these have no button of their own.
          <li key={verb} class={bar.includes(verb) ? 'narrow' : undefined}>
            <button type="button" class="quiet" onClick={() => onChoose(verb)}>
              <Glyph sign={SIGN_OF[verb]} label="" /> {actWords(draftOf(verb, rollout), rollout).button}
            </button>
          </li>
        ))}
      </ul>
      {refused.length > 0 && (
        <>
          <h3>Not now</h3>
          <ul class="act-list soft">
            {refused.map(({ verbs, why }) => (
              <li key={why}>
                <b>{verbs.map((verb) => VERB_NAMES[verb]).join(', ')}:</b> {said(why)}
              </li>
            ))}
          </ul>
        </>
      )}
      <div class="row">
        <button type="button" class="quiet" onClick={onCancel}>
          Close<kbd>Esc</kbd>
        </button>
      </div>
    </Modal>
  );
}
