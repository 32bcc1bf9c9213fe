import { useLayoutEffect, useRef, type KeyboardEvent, type ReactElement, type ReactNode } from 'react';

/** Props of {@link Modal}. */
export interface ModalProps {
  /** The id of its heading. */
  readonly labelledBy: string;
  /** The id of the text below it. */
  readonly describedBy?: string | undefined;
  /** While an action is under way, it cannot be closed. */
  readonly isPending: boolean;
  /** The user wants to close it. */
  readonly onClose: () => void;
  readonly className?: string | undefined;
  readonly children: ReactNode;
}

/**
 * A native dialog, open for as long as it is rendered. It keeps the focus inside, and gives it back. It closes on Escape, and on
 * a press outside of its children: give them all of its area.
 */
export function Modal({ labelledBy, describedBy, isPending, onClose, className, children }: ModalProps): ReactElement {
  const dialog = useRef<HTMLDialogElement>(null);

  const isOpen = useRef(false);
  const hasPressedBackdrop = useRef(false);

  // A layout effect is cleaned up while the dialog is still in the document: only then does close() give the focus back.
  useLayoutEffect(() => {
    const opened = dialog.current;
    opened?.showModal();
    isOpen.current = true;
    return () => {
      isOpen.current = false;
      opened?.close();
    };
  }, []);

  function onKeyDown(event: KeyboardEvent): void {
    // The second Escape in a row closes a dialog without an event that could be stopped.
    if (event.key === 'Escape' && isPending) event.preventDefault();
  }

  // Some browsers close it against our will, as on the second "back" of a phone.
  function onClosed(): void {
    if (!isOpen.current || dialog.current?.open !== false) return;
    if (isPending) dialog.current.showModal();
    else onClose();
  }

  return (
    <dialog
      ref={dialog}
      className={className}
      aria-labelledby={labelledBy}
      aria-describedby={describedBy}
      data-pending={isPending}
      onKeyDown={onKeyDown}
      onCancel={(event) => {
        event.preventDefault();
        if (!isPending) onClose();
      }}
      onClose={onClosed}
      onPointerDown={(event) => {
        hasPressedBackdrop.current = event.target === event.currentTarget;
      }}
      onClick={(event) => {
        // A text that is selected up to the backdrop ends in a click on it, too.
        if (event.target === event.currentTarget && hasPressedBackdrop.current && !isPending) onClose();
      }}
    >
      {children}
    </dialog>
  );
}
