import type { ReactElement, ReactNode } from 'react';

export interface ButtonProps {
  readonly look?: 'danger' | 'quiet' | 'quiet-danger' | 'row-danger' | 'primary';
  readonly type?: 'button' | 'submit';
  /** Shows that its action is under way. */
  readonly isPending?: boolean;
  readonly isDisabled?: boolean;
  /** The name for screen readers, if the text alone is not enough. */
  readonly name?: string;
  readonly describedBy?: string;
  readonly onClick?: () => void;
  readonly children: ReactNode;
}

/** A disabled button keeps the focus, so that a keyboard does not lose its place, and does nothing. */
export function Button(props: ButtonProps): ReactElement {
  const {
    look,
    type = 'button',
    isPending = false,
    isDisabled = isPending,
    name,
    describedBy,
    onClick,
    children,
  } = props;
  return (
    <button
      type={type}
      className="tss-button"
      data-look={look}
      aria-label={name}
      aria-describedby={describedBy}
      aria-disabled={isDisabled}
      onClick={isDisabled ? undefined : onClick}
    >
      {isPending && <span className="tss-spinner" aria-hidden="true" />}
      {children}
    </button>
  );
}
