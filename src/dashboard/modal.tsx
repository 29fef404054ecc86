import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

interface ModalProps {
  readonly titleId: string;
  readonly onCancel: () => void;
  readonly children: ComponentChildren;
}

/** A native dialog for as long as it is drawn. The focus is in it, and goes back to where it was. */
export function Modal({ titleId, onCancel, children }: ModalProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const show = () => {
    if (dialog.current?.open === false) dialog.current.showModal();
  };
  useEffect(() => {
    const before = document.activeElement;
    show();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  const cancel = (event: Event) => {
    event.preventDefault();
    onCancel();
  };
  // A browser closes it at the second Esc, whatever is said to the first: it is closed only by being drawn no more.
  return (
    <dialog ref={dialog} aria-labelledby={titleId} onCancel={cancel} onClose={show}>
      {children}
    </dialog>
  );
}
