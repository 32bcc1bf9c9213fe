import { useMutation } from '@tanstack/react-query';
import { useId, useLayoutEffect, useRef, type ReactNode } from 'react';
import { errorText } from './error-text.ts';

export interface ConfirmDialogProps {
  readonly title: string;
  /** The consequence of confirming. */
  readonly children: ReactNode;
  readonly confirmLabel: string;
  /** The action. If it fails, the dialog stays open and shows the error. */
  readonly onConfirm: () => Promise<void>;
  /** Called after the action, when the dialog is closed. */
  readonly onDone: () => void;
  readonly onCancel: () => void;
}

/**
 * Asks before an irreversible action. It is open for as long as it is rendered.
 *
 * The native dialog keeps the focus inside, starts it on Cancel, closes on Esc and restores the focus.
 */
export function ConfirmDialog({ title, children, confirmLabel, onConfirm, onDone, onCancel }: ConfirmDialogProps) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const {
    mutate: confirm,
    isPending,
    error,
  } = useMutation({
    mutationFn: onConfirm,
    onSuccess() {
      dialog.current?.close();
      onDone();
    },
  });

  // A layout effect is cleaned up while the dialog is still in the document: only then does close() restore the focus.
  useLayoutEffect(() => {
    const opened = dialog.current;
    opened?.showModal();
    return () => opened?.close();
  }, []);

  return (
    <dialog
      ref={dialog}
      className="dialog"
      closedby="any"
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-text`}
      onCancel={onCancel}
    >
      <h2 id={`${id}-title`}>{title}</h2>
      <p id={`${id}-text`} className="dialog-text">
        {children}
      </p>
      <div role="alert">{error !== null && <p className="error">{errorText(error)}</p>}</div>
      <div className="dialog-actions">
        <button type="button" className="button" onClick={onCancel}>
          Cancel
        </button>
        <button
          type="button"
          className="button button-danger"
          aria-disabled={isPending}
          onClick={() => !isPending && confirm()}
        >
          {isPending && <span className="spinner" aria-hidden="true" />}
          {confirmLabel}
        </button>
      </div>
    </dialog>
  );
}
