import { useId, type ReactElement, type ReactNode } from 'react';
import { questionTexts } from '../screen/question-texts.ts';
import type { SessionsScreen } from '../screen/use-sessions-screen.ts';
import type { SignOutQuestion } from '../screen/use-sign-out.ts';
import { Modal } from './modal.tsx';
import { useAction } from './use-action.ts';

/** A question before sessions end, as `SignOutPrompt` gives it to your markup. */
export interface SignOutPromptState {
  readonly question: SignOutQuestion;
  /** The id that your heading must have. */
  readonly titleId: string;
  readonly title: string;
  /** The id that the element with the hint must have. */
  readonly hintId: string;
  readonly hint: string;
  readonly isPending: boolean;
  /** Whether it takes longer than usual. */
  readonly isSlow: boolean;
  /** Why it has failed, in words. Show it with `role="alert"`. */
  readonly problem: string | null;
  readonly confirm: () => void;
  /** Does nothing while the action is under way: it cannot be half cancelled. */
  readonly cancel: () => void;
}

/** Props of `SignOutPrompt`. */
export interface SignOutPromptProps {
  readonly screen: SessionsScreen;
  readonly className?: string | undefined;
  readonly children: (prompt: SignOutPromptState) => ReactNode;
}

export interface OpenPromptProps extends SignOutPromptProps {
  readonly question: SignOutQuestion;
}

/** The dialog of a question. Its action begins and ends with it. */
export function OpenPrompt({
  screen: { signOut, labels },
  question,
  className,
  children,
}: OpenPromptProps): ReactElement {
  const titleId = useId();
  const hintId = useId();
  const { isPending, isSlow, problem, run } = useAction<void>(signOut.confirm, labels);
  const { title, hint } = questionTexts(question, labels);
  function cancel(): void {
    if (!isPending) signOut.cancel();
  }

  return (
    <Modal labelledBy={titleId} describedBy={hintId} isPending={isPending} onClose={cancel} className={className}>
      {children({ question, titleId, title, hintId, hint, isPending, isSlow, problem, confirm: run, cancel })}
    </Modal>
  );
}
