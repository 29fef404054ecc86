import { useEffect, useState } from 'preact/hooks';
import { go } from '../address.tsx';
import { Modal } from '../modal.tsx';
import { distinctKeys, keyMeant, type PageKey } from './page-key.ts';
import { useKeys, validKeys } from './use-keys.ts';

/** Whether keys of one letter do anything is the reader's: dictation types letters (WCAG 2.2, 2.1.4). */
const SWITCH = 'serin-keys';

/** Listens for the keys of all pages, and shows which are valid on this one. */
export function Keyboard() {
  const [isShown, setShown] = useState(false);
  useKeys([
    { key: 'g', does: 'go to the routes', run: () => go('/ui/') },
    { key: 'h', does: 'go to the history', run: () => go('/ui/history') },
    { key: '?', does: 'show this list', run: () => setShown(true) },
  ]);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || localStorage.getItem(SWITCH) === 'off') return;
      const { key, ctrlKey, altKey, metaKey } = event;
      const meant = keyMeant({ key, hasModifier: ctrlKey || altKey || metaKey, isTaken: isTaken(event) }, validKeys());
      if (!meant?.run) return;
      event.preventDefault();
      meant.run();
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, []);
  return (
    <>
      <button type="button" class="quiet small wide" aria-haspopup="dialog" onClick={() => setShown(true)}>
        Keys<kbd>?</kbd>
      </button>
      {isShown && <KeyList keys={distinctKeys(validKeys())} onClose={() => setShown(false)} />}
    </>
  );
}

function isTaken({ target, isComposing }: KeyboardEvent): boolean {
  const isField = target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]');
  return isComposing || isField || document.querySelector('dialog[open]') !== null;
}

function KeyList({ keys, onClose }: { readonly keys: readonly PageKey[]; readonly onClose: () => void }) {
  const [isOff, setOff] = useState(localStorage.getItem(SWITCH) === 'off');
  const turn = () => {
    if (isOff) localStorage.removeItem(SWITCH);
    else localStorage.setItem(SWITCH, 'off');
    setOff(!isOff);
  };
  return (
    <Modal titleId="key-list" onCancel={onClose}>
      <h2 id="key-list">Keys of this page</h2>
      <dl class="keys">
        {keys.map(({ key, does }) => (
          <div key={key}>
            <dt>
              <kbd>{key === 'Escape' ? 'Esc' : key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <p class="soft small">They do nothing in fields, and none acts on a rollout by itself.</p>
      <div class="row">
        <button type="button" onClick={onClose}>
          Close
        </button>
        <label class="check">
          <input type="checkbox" checked={!isOff} onChange={turn} /> keys are on
        </label>
      </div>
    </Modal>
  );
}
